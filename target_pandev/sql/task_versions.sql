-- Store every version of the staged tasks, and of the rows that they replace, except the one that
-- tasks contains after the merge. So the same rows result in any order of arrival.
--
-- * Versions are ordered as the merge orders them. A stored row that is marked as deleted is older
--   than any version that was read after the mark.
-- * Of equal versions, which differ in fields that are not tracked, one is stored.
-- * A task without a second version costs no hash.
INSERT INTO task_versions
    (workspace_id, task_id, date_updated, read_at, version_hash, {tracked})
SELECT v.workspace_id, v.id, v.date_updated, v._sdc_extracted_at, v.version_hash, {tracked}
FROM (
    SELECT v.*,
        pg_catalog.lead(v.id) OVER in_order IS NOT NULL AS is_replaced,
        pg_catalog.lead(v.date_updated) OVER in_order AS next_date_updated,
        pg_catalog.lead(v.version_hash) OVER in_order AS next_version_hash
    FROM (
        SELECT v.*, pg_catalog.md5(ROW({tracked})::text)::uuid AS version_hash
        FROM (
            SELECT v.*,
                pg_catalog.lag(v.id) OVER in_order IS NULL
                    AND pg_catalog.lead(v.id) OVER in_order IS NULL AS is_only_version
            FROM (
                SELECT workspace_id, id, date_updated, {tracked}, _sdc_extracted_at, _sdc_row,
                    TRUE AS may_be_newest
                FROM {stage}
                UNION ALL
                SELECT t.workspace_id, t.id, t.date_updated, {stored_tracked}, t._sdc_extracted_at,
                    -1, coalesce(s._sdc_extracted_at < t._sdc_deleted_at, TRUE)
                FROM {stage} AS s
                JOIN {table} AS t ON t.workspace_id = s.workspace_id AND t.id = s.id
                WHERE t._sdc_hash <> s._sdc_hash
            ) AS v
            WINDOW in_order AS (
                PARTITION BY v.id, v.workspace_id
                ORDER BY v.may_be_newest, v.date_updated NULLS FIRST, v._sdc_extracted_at, v._sdc_row
            )
        ) AS v
        WHERE NOT v.is_only_version
    ) AS v
    WINDOW in_order AS (
        PARTITION BY v.id, v.workspace_id
        ORDER BY v.may_be_newest, v.date_updated NULLS FIRST, v._sdc_extracted_at, v._sdc_row
    )
) AS v
WHERE v.is_replaced AND v.date_updated IS NOT NULL
    AND (v.next_date_updated, v.next_version_hash) IS DISTINCT FROM (v.date_updated, v.version_hash)
ON CONFLICT DO NOTHING
