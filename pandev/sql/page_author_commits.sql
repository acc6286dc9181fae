-- The commits that an address is the author or a co-author of, the newest first; `none` stands for no address.
SELECT a.repository_id, q.name AS repository, a.sha, split_part(c.message, E'\n', 1) AS title, a.name, a.role,
    a.committed_at, commit_url(q.host, q.id, a.sha) AS url
FROM commit_authors AS a
LEFT JOIN commits AS c ON c.repository_id = a.repository_id AND c.sha = a.sha
LEFT JOIN repositories AS q ON q.id = a.repository_id
WHERE %(author)s::text IS NULL OR a.email = %(author)s::text OR %(author)s::text = 'none' AND a.email IS NULL
ORDER BY a.committed_at DESC, a.repository_id, a.sha, a.role
LIMIT %(limit)s
