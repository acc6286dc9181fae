-- Each stay of the chosen task in a status, or of any task, the newest first. The present one has no time yet:
-- a page is read again after a write only.
SELECT d.workspace_id, d.task_id, t.name, d.status, d.status_group, d.started_at, d.ended_at,
    CASE WHEN d.ended_at IS NOT NULL THEN d.duration_ms END AS duration_ms,
    CASE WHEN d.ended_at IS NOT NULL THEN d.working_ms END AS working_ms, d.is_inferred, t.url
FROM status_durations AS d
LEFT JOIN tasks AS t ON t.workspace_id = d.workspace_id AND t.id = d.task_id
WHERE (%(workspaces)s::text[] IS NULL OR d.workspace_id = ANY (%(workspaces)s::text[]))
    AND (%(task)s::text IS NULL OR d.task_id = %(task)s::text)
ORDER BY d.started_at DESC, d.task_id
LIMIT %(limit)s
