-- How long each task that was closed in the period had been in a status, all visits together: the times that
-- report_status_times has the median of.
SELECT c.workspace_id, c.task_id, t.name, d.status, d.status_group, d.visits, d.duration_ms, d.working_ms, t.url
FROM unnest(
    %(closed_workspace_ids)s::text[], %(closed_task_ids)s::text[], %(closed_at)s::timestamptz[]
) AS c (workspace_id, task_id, closed_at)
CROSS JOIN LATERAL (
    SELECT d.status, d.status_group, d.visits, d.duration_ms, d.working_ms
    FROM task_status_times AS d
    WHERE d.workspace_id = c.workspace_id AND d.task_id = c.task_id AND d.duration_ms IS NOT NULL
        AND (%(group)s::text IS NULL OR d.status_group = %(group)s::text)
        AND (%(status)s::text IS NULL OR d.status = %(status)s::text)
    OFFSET 0
) AS d
LEFT JOIN tasks AS t ON t.workspace_id = c.workspace_id AND t.id = c.task_id
WHERE c.closed_at >= %(since_at)s::timestamptz
ORDER BY d.duration_ms DESC, c.task_id, d.status
LIMIT %(limit)s
