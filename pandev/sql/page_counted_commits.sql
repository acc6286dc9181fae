-- The commits that link_coverage counts in the weeks of the period, the newest first; all of them, or those
-- of one of its columns.
SELECT c.repository_id, q.name AS repository, c.sha, split_part(c.message, E'\n', 1) AS title, c.author_name,
    c.committed_at, c.names_task, c.names_unknown_task, c.is_linked_by_history,
    commit_url(q.host, q.id, c.sha) AS url
FROM (
    SELECT c.*, n.names_task,
        NOT n.names_task AND EXISTS (
            SELECT
            FROM task_references AS r
            WHERE r.source = 'commit' AND r.repository_id = c.repository_id AND r.object_key = c.sha
                AND r.kind = 'task_id'
        ) AS names_unknown_task,
        NOT n.names_task AND EXISTS (
            SELECT
            FROM task_links AS l
            WHERE l.source = 'commit' AND l.repository_id = c.repository_id AND l.object_key = c.sha
                AND l.via <> 'commit'
        ) AS is_linked_by_history
    FROM commits AS c
    CROSS JOIN LATERAL (
        SELECT EXISTS (
            SELECT
            FROM task_links AS l
            WHERE l.source = 'commit' AND l.repository_id = c.repository_id AND l.object_key = c.sha
                AND l.via = 'commit'
        ) AS names_task
    ) AS n
    WHERE c._sdc_deleted_at IS NULL AND is_counted_commit(c.parents, c.author_name, c.author_email)
        AND c.committed_at >= %(since_at)s::timestamptz - INTERVAL '7 days'
        AND work_week(c.committed_at) >= work_week(%(since_at)s::timestamptz)
        AND (%(until)s::date IS NULL OR work_week(c.committed_at) <= %(until)s::date)
        AND (%(repository)s::text IS NULL OR c.repository_id = %(repository)s::text)
) AS c
LEFT JOIN repositories AS q ON q.id = c.repository_id
WHERE CASE %(kind)s::text
    WHEN 'linked' THEN c.names_task
    WHEN 'linked_by_history' THEN c.is_linked_by_history
    WHEN 'unknown_only' THEN c.names_unknown_task
    WHEN 'without_reference' THEN NOT c.names_task AND NOT c.names_unknown_task
    ELSE %(kind)s::text IS NULL
END
ORDER BY c.committed_at DESC, c.repository_id, c.sha
LIMIT %(limit)s
