-- How many tasks are in each status, by status group; statuses of one name are one, whatever their case.
SELECT o.status_group, lower(o.status) AS status, count(*) AS tasks
FROM task_overview AS o
WHERE (%(workspaces)s::text[] IS NULL OR o.workspace_id = ANY (%(workspaces)s::text[]))
    AND (%(spaces)s::text[] IS NULL OR o.space_id = ANY (%(spaces)s::text[]))
    AND (%(lists)s::text[] IS NULL OR o.list_id = ANY (%(lists)s::text[]))
    AND (
        %(team)s::text IS NULL
        OR EXISTS (
            SELECT
            FROM people AS p
            WHERE p.source = 'clickup' AND p.workspace_id = o.workspace_id
                AND p.team = %(team)s::text AND o.assignee_ids ? p.user_id
        )
    )
GROUP BY o.status_group, lower(o.status)
ORDER BY array_position(ARRAY['OPEN', 'IN_PROGRESS', 'CLOSED'], o.status_group) NULLS LAST,
    tasks DESC, status
