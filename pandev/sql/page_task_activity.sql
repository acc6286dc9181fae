-- What is linked with the chosen task, or with any: the newest first. Merges do not count as commits.
SELECT a.workspace_id, a.task_id, a.task_name, a.source, a.object_key, a.title, a.author_name,
    a.repository_id, a.repository_name AS repository, a.occurred_at, a.via, a.url, a.task_url
FROM task_activity AS a
WHERE NOT a.is_merge
    AND (%(workspaces)s::text[] IS NULL OR a.workspace_id = ANY (%(workspaces)s::text[]))
    AND (%(task)s::text IS NULL OR a.task_id = %(task)s::text)
    AND (%(source)s::text IS NULL OR a.source = %(source)s::text)
ORDER BY a.occurred_at DESC, a.source DESC, a.repository_id, a.object_key, a.task_id
LIMIT %(limit)s
