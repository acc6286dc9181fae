-- Each staged version of a task whose status is not that of the version before it: the one staged
-- before, or for the first one that is stored. New tasks included.
WITH stored AS (
    SELECT t.workspace_id, t.id, t.status, t.status_id
    FROM {table} AS t
    INNER JOIN (SELECT DISTINCT workspace_id, id FROM {stage}) AS k
        ON k.workspace_id = t.workspace_id AND k.id = t.id
), versions AS (
    SELECT s.*,
        lag(s.status) OVER in_order AS staged_status,
        lag(s.status_id) OVER in_order AS staged_status_id,
        row_number() OVER in_order = 1 AS is_first
    FROM {stage} AS s
    WHERE s.status IS NOT NULL AND s.date_updated IS NOT NULL
    WINDOW in_order AS (
        PARTITION BY s.workspace_id, s.id ORDER BY s.date_updated, s._sdc_extracted_at, s._sdc_row
    )
)
INSERT INTO status_observations
    (workspace_id, task_id, date_updated, status, status_id, status_type, observed_at)
SELECT v.workspace_id, v.id, v.date_updated, v.status, v.status_id, v.status_type,
    v._sdc_extracted_at
FROM versions AS v
LEFT JOIN stored AS t ON t.workspace_id = v.workspace_id AND t.id = v.id
WHERE CASE WHEN v.is_first
    THEN (t.status, t.status_id) IS DISTINCT FROM (v.status, v.status_id)
    ELSE (v.staged_status, v.staged_status_id) IS DISTINCT FROM (v.status, v.status_id)
END
ON CONFLICT DO NOTHING
