-- How many tasks are in each status, by status group; statuses of one name are one, whatever their case.
SELECT o.status_group, lower(o.status) AS status, count(*) AS tasks
FROM task_overview AS o
WHERE (%(workspaces)s::text[] IS NULL OR o.workspace_id = ANY (%(workspaces)s::text[]))
    AND (%(spaces)s::text[] IS NULL OR o.space_id = ANY (%(spaces)s::text[]))
    AND (
        %(lists)s::text[] IS NULL OR o.list_id = ANY (%(lists)s::text[])
        OR o.task_id = ANY (%(list_tasks)s::text[])
    )
    AND (%(team_users)s::text[] IS NULL OR o.assignee_ids ?| %(team_users)s::text[])
GROUP BY o.status_group, lower(o.status)
ORDER BY array_position(ARRAY['OPEN', 'IN_PROGRESS', 'CLOSED'], o.status_group) NULLS LAST,
    tasks DESC, status
