-- Each staged version of a task whose status is not that of the version before it: the one staged
-- before, or for the first one that is stored. New tasks included; equal versions tell nothing new.
INSERT INTO status_observations
    (workspace_id, task_id, date_updated, status, status_id, status_type, observed_at)
SELECT v.workspace_id, v.id, v.date_updated, v.status, v.status_id, v.status_type,
    v._sdc_extracted_at
FROM (
    SELECT s.workspace_id, s.id, s.date_updated, s.status, s.status_id, s.status_type,
        s._sdc_extracted_at,
        lag(s.status, 1, t.status) OVER in_order AS status_before,
        lag(s.status_id, 1, t.status_id) OVER in_order AS status_id_before
    FROM {stage} AS s
    LEFT JOIN {table} AS t ON t.workspace_id = s.workspace_id AND t.id = s.id
    WHERE t._sdc_hash IS DISTINCT FROM s._sdc_hash
        AND s.status IS NOT NULL AND s.date_updated IS NOT NULL
    WINDOW in_order AS (
        PARTITION BY s.workspace_id, s.id ORDER BY s.date_updated, s._sdc_extracted_at, s._sdc_row
    )
) AS v
WHERE (v.status_before, v.status_id_before) IS DISTINCT FROM (v.status, v.status_id)
ON CONFLICT DO NOTHING
