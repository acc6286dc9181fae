-- Staged tasks whose status is not the stored one, new tasks included.
INSERT INTO status_observations
    (workspace_id, task_id, date_updated, status, status_id, status_type, observed_at)
SELECT s.workspace_id, s.id, s.date_updated, s.status, s.status_id, s.status_type,
    s._sdc_extracted_at
FROM {stage} AS s
LEFT JOIN {table} AS t ON t.workspace_id = s.workspace_id AND t.id = s.id
WHERE s.status IS NOT NULL
    AND s.date_updated IS NOT NULL
    AND (t.status IS DISTINCT FROM s.status OR t.status_id IS DISTINCT FROM s.status_id)
ON CONFLICT DO NOTHING
