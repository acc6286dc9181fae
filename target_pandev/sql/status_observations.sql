-- Of the stored and the staged versions of a task, in order: those where a status begins or ends, and
-- the first version ever seen. Together with the row in tasks they show when a task was first and last
-- seen in a status; a task with a single version is in tasks only.
INSERT INTO status_observations
    (workspace_id, task_id, date_updated, status, status_id, status_type, observed_at)
SELECT v.workspace_id, v.id, v.date_updated, v.status, v.status_id, v.status_type,
    v._sdc_extracted_at
FROM (
    SELECT v.*,
        coalesce(pg_catalog.lag(v.status) OVER in_order <> v.status, FALSE)
            OR coalesce(pg_catalog.lead(v.status) OVER in_order <> v.status, FALSE)
            OR coalesce(pg_catalog.lag(v.status_id) OVER in_order <> v.status_id, FALSE)
            OR coalesce(pg_catalog.lead(v.status_id) OVER in_order <> v.status_id, FALSE) AS at_change,
        pg_catalog.lag(v.id) OVER in_order IS NULL AND pg_catalog.lead(v.id) OVER in_order = v.id AS first_of_several
    FROM (
        SELECT workspace_id, id, date_updated, status, status_id, status_type, _sdc_extracted_at,
            _sdc_row
        FROM {stage}
        UNION ALL
        SELECT t.workspace_id, t.id, t.date_updated, t.status, t.status_id, t.status_type,
            t._sdc_extracted_at, -1
        FROM {stage} AS s
        JOIN {table} AS t ON t.workspace_id = s.workspace_id AND t.id = s.id
        WHERE t._sdc_hash <> s._sdc_hash
    ) AS v
    WINDOW in_order AS (
        PARTITION BY v.id, v.workspace_id
        ORDER BY v.date_updated NULLS FIRST, v._sdc_extracted_at, v._sdc_row
    )
) AS v
LEFT JOIN status_observations AS o ON NOT v.at_change
    AND o.workspace_id = v.workspace_id AND o.task_id = v.id AND o.date_updated <= v.date_updated
WHERE v.status IS NOT NULL AND v.date_updated IS NOT NULL
    AND (v.at_change OR v.first_of_several AND o.task_id IS NULL)
ON CONFLICT DO NOTHING
