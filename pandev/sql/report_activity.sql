-- The newest commits, branches and pull requests that are linked with tasks.
SELECT a.workspace_id, a.task_id, a.task_name, a.status, a.status_group, a.task_url, a.source,
    a.via, a.repository_id, a.repository_name, a.object_key, a.title, a.sha, a.author_name,
    a.authored_at, a.occurred_at, a.is_merge, a.is_ambiguous, a.url
FROM task_activity AS a
WHERE (%(workspaces)s::text[] IS NULL OR a.workspace_id = ANY (%(workspaces)s::text[]))
    AND (%(since_at)s::timestamptz IS NULL OR a.occurred_at >= %(since_at)s::timestamptz)
    AND (%(until_at)s::timestamptz IS NULL OR a.occurred_at < %(until_at)s::timestamptz)
    AND (
        %(spaces)s::text[] IS NULL AND %(lists)s::text[] IS NULL
        OR EXISTS (
            SELECT
            FROM tasks AS t
            WHERE t.workspace_id = a.workspace_id AND t.id = a.task_id
                AND (%(spaces)s::text[] IS NULL OR t.space_id = ANY (%(spaces)s::text[]))
                AND (
                    %(lists)s::text[] IS NULL OR t.list_id = ANY (%(lists)s::text[])
                    OR t.id = ANY (%(list_tasks)s::text[])
                )
        )
    )
ORDER BY a.occurred_at DESC, a.task_id, a.source, a.object_key
LIMIT %(limit)s
