-- Merge the staged rows into a table with a key: insert new rows, update changed ones, and leave
-- equal ones untouched. Returns how many older versions were left out, and for editor events the days
-- that depend on changed rows.
--
-- * An older version never overwrites a newer one. Of several versions in the stage the newest
--   counts; of equal ones the last.
-- * A row that is marked as deleted stays so until a version arrives that was read at the time of
--   the mark or later. That version then counts, whether or not it is newer.
-- * The hashes are compared twice. In the join it spares equal rows the lock that ON CONFLICT takes;
--   in the update it protects from a concurrent load.
-- * LATERAL: Citus would copy the whole table for a plain join. On PostgreSQL the plan is the same.
-- * New rows are inserted without ON CONFLICT, which takes a fifth longer. If a concurrent load has
--   inserted one of them, the transaction fails, and is run again (TRANSIENT_ERRORS).
-- * Sorting starts with the first column of the key that differs between rows: later ones than
--   workspace_id. Rows that are read together, as the events of a person, are then stored together.
WITH changed AS MATERIALIZED (
    SELECT {staged_columns}, t._sdc_hash IS NULL AS is_new
    FROM (
        SELECT DISTINCT ON ({sorted_key}) *
        FROM {stage}
        ORDER BY {sorted_key}, {newest_first} _sdc_extracted_at DESC, _sdc_row DESC
    ) AS s
    LEFT JOIN LATERAL (SELECT * FROM {table} AS t WHERE {same_key}) AS t ON true
    WHERE t._sdc_hash IS DISTINCT FROM s._sdc_hash
        OR s._sdc_extracted_at >= t._sdc_deleted_at
), inserted AS (
    INSERT INTO {table} ({columns})
    SELECT {columns} FROM changed WHERE is_new
), merged AS (
    INSERT INTO {table} AS t ({columns})
    SELECT {columns} FROM changed WHERE NOT is_new
    ON CONFLICT ({key}) DO UPDATE SET
        {updates},
        _sdc_deleted_at = CASE
            WHEN excluded._sdc_extracted_at < t._sdc_deleted_at THEN t._sdc_deleted_at
        END
    WHERE t._sdc_hash IS DISTINCT FROM excluded._sdc_hash AND {is_newer}
        OR excluded._sdc_extracted_at >= t._sdc_deleted_at
    RETURNING 1
)
SELECT
    (SELECT pg_catalog.count(*) FROM changed WHERE NOT is_new)
    - (SELECT pg_catalog.count(*) FROM merged),
    {changed_days}
