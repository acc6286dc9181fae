-- References that match no task of the store, with the text that they were found in.
SELECT r.source, r.kind, r.reference, r.repository_id, coalesce(q.name, r.repository_id) AS repository,
    r.object_key,
    CASE WHEN r.source = 'commit' THEN split_part(c.message, E'\n', 1) ELSE r.object_key END AS title,
    CASE WHEN r.source = 'commit' THEN commit_url(q.host, q.id, r.object_key) ELSE p.url END AS url
FROM resolved_task_references AS r
LEFT JOIN repositories AS q ON q.id = r.repository_id
LEFT JOIN commits AS c
    ON r.source = 'commit' AND c.repository_id = r.repository_id AND c.sha = r.object_key
LEFT JOIN pull_requests AS p
    ON p.repository_id = r.repository_id
    AND p.number = CASE WHEN r.source = 'pull_request' THEN r.object_key::bigint END
WHERE r.task_id IS NULL
    AND (%(source)s::text IS NULL OR r.source = %(source)s::text)
    AND (%(kind)s::text IS NULL OR r.kind = %(kind)s::text)
ORDER BY r.reference, r.source, r.repository_id, r.object_key
LIMIT %(limit)s
