-- The time of the references in names of branches is that of their newest commit.
UPDATE task_references AS r SET occurred_at = coalesce(c.committed_at, c.authored_at)
FROM ({branches}) AS k
INNER JOIN branches AS b ON b.repository_id = k.repository_id AND b.name = k.name
LEFT JOIN commits AS c ON c.repository_id = b.repository_id AND c.sha = b.head_sha
WHERE r.repository_id = b.repository_id AND r.source = 'branch' AND r.object_key = b.name
    AND r.occurred_at IS DISTINCT FROM coalesce(c.committed_at, c.authored_at)
