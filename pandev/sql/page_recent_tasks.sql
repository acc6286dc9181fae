-- The tasks that changed last, each with its newest commits, branches and pull requests. Merges do not
-- count.
WITH newest AS (
    SELECT o.*
    FROM task_overview AS o
    WHERE (%(workspaces)s::text[] IS NULL OR o.workspace_id = ANY (%(workspaces)s::text[]))
        AND (%(spaces)s::text[] IS NULL OR o.space_id = ANY (%(spaces)s::text[]))
        AND (
            %(lists)s::text[] IS NULL OR o.list_id = ANY (%(lists)s::text[])
            OR o.task_id = ANY (%(list_tasks)s::text[])
        )
        AND (%(group)s::text IS NULL OR o.status_group = %(group)s::text)
        AND (%(status)s::text IS NULL OR lower(o.status) = %(status)s::text)
        AND (%(since_at)s::timestamptz IS NULL OR o.date_updated >= %(since_at)s::timestamptz)
        AND (%(until_at)s::timestamptz IS NULL OR o.date_updated < %(until_at)s::timestamptz)
        AND (%(team_users)s::text[] IS NULL OR o.assignee_ids ?| %(team_users)s::text[])
    ORDER BY o.date_updated DESC, o.task_id
    LIMIT %(limit)s
)
SELECT n.workspace_id, n.task_id, n.custom_id, n.name, n.status, n.status_group, n.list_name, n.space_name,
    n.date_updated, n.url, coalesce(s.commits, 0) AS commits, coalesce(s.branches, 0) AS branches,
    coalesce(s.pull_requests, 0) AS pull_requests, coalesce(i.items, '[]'::jsonb) AS items,
    n.custom_fields
FROM newest AS n
LEFT JOIN LATERAL (
    SELECT s.commits, s.branches, s.pull_requests
    FROM task_activity_summary AS s
    WHERE s.workspace_id = n.workspace_id AND s.task_id = n.task_id
    OFFSET 0
) AS s ON TRUE
LEFT JOIN LATERAL (
    SELECT jsonb_agg(
        jsonb_build_object(
            'source', a.source, 'title', a.title, 'key', a.object_key, 'author', a.author_name,
            'repository', a.repository_name, 'occurred_at', a.occurred_at, 'url', a.url
        ) ORDER BY a.occurred_at DESC, a.source DESC, a.object_key
    ) AS items
    FROM (
        SELECT a.*
        FROM task_activity AS a
        WHERE a.workspace_id = n.workspace_id AND a.task_id = n.task_id AND NOT a.is_merge
        ORDER BY a.occurred_at DESC, a.source DESC, a.object_key
        LIMIT 4
    ) AS a
) AS i ON TRUE
ORDER BY n.date_updated DESC, n.task_id
