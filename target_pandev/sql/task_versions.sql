-- Store every version of the staged tasks, and of the rows that they replace, except the one that
-- tasks contains after the merge. So the same rows result in any order of arrival.
--
-- * Versions are ordered as the merge orders them. A stored row that is marked as deleted is older
--   than any version that was read after the mark.
-- * Of equal versions, which differ in fields that are not tracked, one is stored.
-- * Most tasks have one staged row, and a stored one of an earlier date, which is the former version
--   then. Only the versions of the others (unclear) are put in order.
-- * Rows are looked up by key whatever the planner expects: OFFSET 0 keeps a subquery as it is, and
--   IN in a list of columns, as NOT IN, is a hash table.
WITH stored AS MATERIALIZED (
    SELECT s.workspace_id, s.id, t.date_updated, {stored_tracked}, t._sdc_extracted_at,
        coalesce(s._sdc_extracted_at < t._sdc_deleted_at, TRUE) AS may_be_newest,
        t.date_updated < s.date_updated AS is_replaced
    FROM (SELECT * FROM {stage}) AS s
    CROSS JOIN LATERAL (
        SELECT t.*
        FROM {table} AS t
        WHERE t.workspace_id = s.workspace_id AND t.id = s.id AND t._sdc_hash <> s._sdc_hash
        OFFSET 0
    ) AS t
),
unclear AS MATERIALIZED (
    SELECT s.workspace_id, s.id
    FROM {stage} AS s
    GROUP BY s.workspace_id, s.id
    HAVING pg_catalog.count(*) > 1
    UNION ALL
    SELECT t.workspace_id, t.id FROM stored AS t WHERE t.is_replaced IS NOT TRUE
),
versions AS (
    SELECT v.*
    FROM (
        SELECT s.workspace_id, s.id, s.date_updated, {staged_tracked}, s._sdc_extracted_at, s._sdc_row,
            TRUE AS may_be_newest,
            (s.workspace_id, s.id) IN (SELECT u.workspace_id, u.id FROM unclear AS u) AS is_unclear
        FROM {stage} AS s
        OFFSET 0
    ) AS v
    WHERE v.is_unclear
    UNION ALL
    SELECT v.*
    FROM (
        SELECT t.workspace_id, t.id, t.date_updated, {stored_tracked}, t._sdc_extracted_at, -1,
            t.may_be_newest,
            (t.workspace_id, t.id) IN (SELECT u.workspace_id, u.id FROM unclear AS u) AS is_unclear
        FROM stored AS t
        OFFSET 0
    ) AS v
    WHERE v.is_unclear
)
INSERT INTO task_versions
    (workspace_id, task_id, date_updated, read_at, version_hash, {tracked})
SELECT t.workspace_id, t.id, t.date_updated, t._sdc_extracted_at,
    pg_catalog.md5(ROW({stored_tracked})::text)::uuid, {stored_tracked}
FROM stored AS t
WHERE (t.workspace_id, t.id) NOT IN (SELECT u.workspace_id, u.id FROM unclear AS u)
UNION ALL
SELECT v.workspace_id, v.id, v.date_updated, v._sdc_extracted_at, v.version_hash, {tracked}
FROM (
    SELECT v.*,
        pg_catalog.lead(v.id) OVER in_order IS NOT NULL AS is_replaced,
        pg_catalog.lead(v.date_updated) OVER in_order AS next_date_updated,
        pg_catalog.lead(v.version_hash) OVER in_order AS next_version_hash
    FROM (SELECT v.*, pg_catalog.md5(ROW({tracked})::text)::uuid AS version_hash FROM versions AS v) AS v
    WINDOW in_order AS (
        PARTITION BY v.id, v.workspace_id
        ORDER BY v.may_be_newest, v.date_updated NULLS FIRST, v._sdc_extracted_at, v._sdc_row
    )
) AS v
WHERE v.is_replaced AND v.date_updated IS NOT NULL
    AND (v.next_date_updated, v.next_version_hash) IS DISTINCT FROM (v.date_updated, v.version_hash)
ON CONFLICT DO NOTHING
