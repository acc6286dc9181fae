-- Tasks in each status group, with the statuses of the group.
SELECT g.status_group, sum(g.tasks)::bigint AS tasks, array_agg(DISTINCT g.status ORDER BY g.status)
    FILTER (WHERE g.status IS NOT NULL) AS statuses
FROM (
    SELECT o.status_group, o.status, count(*) AS tasks
    FROM task_overview AS o
    WHERE (%(workspaces)s::text[] IS NULL OR o.workspace_id = ANY (%(workspaces)s::text[]))
        AND (%(spaces)s::text[] IS NULL OR o.space_id = ANY (%(spaces)s::text[]))
        AND (
            %(lists)s::text[] IS NULL OR o.list_id = ANY (%(lists)s::text[])
            OR o.task_id = ANY (%(list_tasks)s::text[])
        )
    GROUP BY o.status_group, o.status
) AS g
GROUP BY g.status_group
ORDER BY array_position(ARRAY['OPEN', 'IN_PROGRESS', 'CLOSED'], g.status_group) NULLS LAST
