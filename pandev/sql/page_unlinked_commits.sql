-- The newest commits without a task, of the weeks that link_coverage counts for the period.
SELECT u.repository_id, u.repository_name AS repository, u.sha, u.title, u.author_name, u.committed_at,
    u.names_unknown_task, u.url
FROM unlinked_commits AS u
WHERE u.committed_at >= %(since_at)s::timestamptz - INTERVAL '7 days'
    AND work_week(u.committed_at) >= work_week(%(since_at)s::timestamptz)
    AND (%(until)s::date IS NULL OR work_week(u.committed_at) <= %(until)s::date)
    AND (%(repository)s::text IS NULL OR u.repository_id = %(repository)s::text)
ORDER BY u.committed_at DESC, u.repository_id, u.sha
LIMIT %(limit)s
