-- Mark or delete the rows with some keys that were read before their tombstones. The keys are built in
-- a query of their own, because Citus calls functions such as jsonb_build_array in no UPDATE.
-- Rows and tombstones are looked up by key whatever the planner expects: OFFSET 0 keeps a subquery as it is.
WITH tombstone AS MATERIALIZED (
    SELECT {stored_key}, d.deleted_at AS _sdc_deleted_at
    FROM ({keys}) AS k ({key})
    CROSS JOIN LATERAL (SELECT t.* FROM {table} AS t WHERE {row_of_key} OFFSET 0) AS t
    CROSS JOIN LATERAL (
        SELECT d.deleted_at
        FROM tombstones AS d
        WHERE d.workspace_id = {workspace_id} AND d.stream = %(stream)s AND d.key = {key_value}
        OFFSET 0
    ) AS d
    WHERE t._sdc_extracted_at < d.deleted_at
        AND coalesce(t._sdc_deleted_at < d.deleted_at, true)
)
{change}
WHERE {same_key}
    AND t._sdc_extracted_at < tombstone._sdc_deleted_at
    AND coalesce(t._sdc_deleted_at < tombstone._sdc_deleted_at, true)
