-- The oldest work in progress, and how long 85 of 100 tasks that were closed in the period took.
SELECT a.workspace_id, a.task_id, a.name, a.status, a.status_group, a.assignee_ids,
    (
        SELECT array_agg(u.username ORDER BY u.username)
        FROM users AS u
        WHERE u.workspace_id = a.workspace_id AND a.assignee_ids ? u.id
    ) AS assignees,
    a.list_id, a.list_name, a.space_id, a.space_name, a.started_at, a.status_since, a.age_ms,
    a.working_age_ms, a.status_age_ms, a.is_inferred, p.p85_elapsed_ms, t.url
FROM (
    SELECT a.*
    FROM task_ages AS a
    WHERE (%(workspaces)s::text[] IS NULL OR a.workspace_id = ANY (%(workspaces)s::text[]))
        AND (%(spaces)s::text[] IS NULL OR a.space_id = ANY (%(spaces)s::text[]))
        AND (
            %(lists)s::text[] IS NULL OR a.list_id = ANY (%(lists)s::text[])
            OR a.task_id = ANY (%(list_tasks)s::text[])
        )
        AND (%(team_users)s::text[] IS NULL OR a.assignee_ids ?| %(team_users)s::text[])
    ORDER BY a.age_ms DESC, a.task_id
    LIMIT %(limit)s
) AS a
LEFT JOIN tasks AS t ON t.workspace_id = a.workspace_id AND t.id = a.task_id
CROSS JOIN (
    SELECT percentile_cont(0.85) WITHIN GROUP (ORDER BY c.elapsed_ms)::bigint AS p85_elapsed_ms
    FROM unnest(%(closed_at)s::timestamptz[], %(closed_elapsed_ms)s::bigint[]) AS c (closed_at, elapsed_ms)
    WHERE c.closed_at >= %(since_at)s::timestamptz
) AS p
ORDER BY a.age_ms DESC, a.task_id
