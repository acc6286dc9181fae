-- Mark or delete the rows with some keys that were read before their tombstones. The keys are built in
-- a query of their own, because Citus calls functions such as jsonb_build_array in no UPDATE.
WITH tombstone AS MATERIALIZED (
    SELECT {stored_key}, d.deleted_at AS _sdc_deleted_at
    FROM {table} AS t
    INNER JOIN tombstones AS d
        ON d.workspace_id = {workspace_id} AND d.stream = %(stream)s AND d.key = {key_value}
    WHERE ({stored_key}) IN ({keys})
        AND t._sdc_extracted_at < d.deleted_at
        AND coalesce(t._sdc_deleted_at < d.deleted_at, true)
)
{change}
WHERE {same_key}
    AND t._sdc_extracted_at < tombstone._sdc_deleted_at
    AND coalesce(t._sdc_deleted_at < tombstone._sdc_deleted_at, true)
