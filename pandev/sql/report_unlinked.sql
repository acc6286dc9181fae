-- Tasks that were closed in the period and that no commit or branch names, the latest first.
SELECT t.*
FROM closed_tasks_without_commits AS t
WHERE t.closed_at >= %(since_at)s::timestamptz
    AND (%(until_at)s::timestamptz IS NULL OR t.closed_at < %(until_at)s::timestamptz)
    AND (%(workspaces)s::text[] IS NULL OR t.workspace_id = ANY (%(workspaces)s::text[]))
    AND (%(spaces)s::text[] IS NULL OR t.space_id = ANY (%(spaces)s::text[]))
    AND (
        %(lists)s::text[] IS NULL OR t.list_id = ANY (%(lists)s::text[])
        OR t.task_id = ANY (%(list_tasks)s::text[])
    )
    AND (%(team_users)s::text[] IS NULL OR t.assignee_ids ?| %(team_users)s::text[])
ORDER BY t.closed_at DESC, t.task_id
LIMIT %(limit)s
