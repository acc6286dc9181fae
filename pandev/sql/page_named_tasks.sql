-- References to tasks with the texts that they were found in: those that match one task, several or none, as
-- report_references counts them. An ambiguous one is a row with all tasks that it may mean.
SELECT r.source, r.kind, r.reference, r.repository_id, coalesce(q.name, r.repository_id) AS repository,
    r.object_key, r.match, r.tasks,
    CASE WHEN r.source = 'commit' THEN split_part(c.message, E'\n', 1) ELSE r.object_key END AS title,
    CASE WHEN r.source = 'commit' THEN commit_url(q.host, q.id, r.object_key) ELSE p.url END AS url
FROM (
    SELECT r.source, r.kind, r.reference, r.repository_id, r.object_key,
        CASE
            WHEN r.is_ambiguous THEN 'ambiguous'
            WHEN r.task_id IS NULL THEN 'unmatched'
            ELSE 'matched'
        END AS match,
        string_agg(r.task_id, ', ' ORDER BY r.task_id) AS tasks
    FROM resolved_task_references AS r
    WHERE (%(source)s::text IS NULL OR r.source = %(source)s::text)
        AND (%(kind)s::text IS NULL OR r.kind = %(kind)s::text)
        AND CASE %(match)s::text
            WHEN 'matched' THEN r.task_id IS NOT NULL AND NOT r.is_ambiguous
            WHEN 'ambiguous' THEN r.is_ambiguous
            WHEN 'unmatched' THEN r.task_id IS NULL
            ELSE %(match)s::text IS NULL
        END
    GROUP BY r.source, r.kind, r.reference, r.repository_id, r.object_key, r.is_ambiguous,
        r.task_id IS NULL, CASE WHEN NOT r.is_ambiguous THEN r.workspace_id END
    ORDER BY r.reference, r.source, r.repository_id, r.object_key
    LIMIT %(limit)s
) AS r
LEFT JOIN repositories AS q ON q.id = r.repository_id
LEFT JOIN commits AS c
    ON r.source = 'commit' AND c.repository_id = r.repository_id AND c.sha = r.object_key
LEFT JOIN pull_requests AS p
    ON p.repository_id = r.repository_id
    AND p.number = CASE WHEN r.source = 'pull_request' THEN r.object_key::bigint END
ORDER BY r.reference, r.source, r.repository_id, r.object_key
