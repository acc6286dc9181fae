-- The time entries that time_allocation counts in the period, the newest first; `none` stands for no task, and
-- for a space or list that has no name.
SELECT w.workspace_id, w.id, w.task_id, w.task_name, w.started_at, w.duration_ms, l.name AS list_name, t.url
FROM worklogs AS w
LEFT JOIN tasks AS t ON t.workspace_id = w.workspace_id AND t.id = w.task_id
LEFT JOIN task_types AS y ON y.workspace_id = t.workspace_id AND y.id = t.task_type_id
LEFT JOIN lists AS l ON l.workspace_id = t.workspace_id AND l.id = t.list_id
LEFT JOIN spaces AS s ON s.workspace_id = t.workspace_id AND s.id = t.space_id
WHERE w.duration_ms IS NOT NULL AND NOT w.is_written_back
    AND w.started_at >= %(since_at)s::timestamptz
    AND (%(until_at)s::timestamptz IS NULL OR w.started_at < %(until_at)s::timestamptz)
    AND (%(workspaces)s::text[] IS NULL OR w.workspace_id = ANY (%(workspaces)s::text[]))
    AND (%(spaces)s::text[] IS NULL OR t.space_id = ANY (%(spaces)s::text[]))
    AND (
        %(lists)s::text[] IS NULL OR t.list_id = ANY (%(lists)s::text[])
        OR w.task_id = ANY (%(list_tasks)s::text[])
    )
    AND (%(team_users)s::text[] IS NULL OR w.author_id = ANY (%(team_users)s::text[]))
    AND (
        %(task)s::text IS NULL OR w.task_id = %(task)s::text
        OR %(task)s::text = 'none' AND w.task_id IS NULL
    )
    AND (%(space_name)s::text IS NULL OR coalesce(s.name, 'none') = %(space_name)s::text)
    AND (%(list_name)s::text IS NULL OR coalesce(l.name, 'none') = %(list_name)s::text)
    AND (
        %(task_type)s::text IS NULL
        OR %(task_type)s::text = CASE
            WHEN w.task_id IS NULL THEN 'no task'
            WHEN t.id IS NULL THEN 'unknown task'
            WHEN t.task_type_id = '0' THEN 'task'
            WHEN t.task_type_id = '1' THEN 'milestone'
            ELSE coalesce(y.name, 'unknown type')
        END
    )
ORDER BY w.started_at DESC, w.id
LIMIT %(limit)s
