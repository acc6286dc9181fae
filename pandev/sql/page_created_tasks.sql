-- The tasks that were created in the period, the newest first.
SELECT o.workspace_id, o.task_id, o.name, o.date_created, o.status, o.status_group, o.list_name,
    o.space_name, o.url
FROM task_overview AS o
WHERE o.date_created >= %(since_at)s::timestamptz
    AND (%(until_at)s::timestamptz IS NULL OR o.date_created < %(until_at)s::timestamptz)
    AND (%(workspaces)s::text[] IS NULL OR o.workspace_id = ANY (%(workspaces)s::text[]))
    AND (%(spaces)s::text[] IS NULL OR o.space_id = ANY (%(spaces)s::text[]))
    AND (
        %(lists)s::text[] IS NULL OR o.list_id = ANY (%(lists)s::text[])
        OR o.task_id = ANY (%(list_tasks)s::text[])
    )
    AND (%(team_users)s::text[] IS NULL OR o.assignee_ids ?| %(team_users)s::text[])
ORDER BY o.date_created DESC, o.task_id
LIMIT %(limit)s
