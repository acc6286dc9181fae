-- How many commits of each repository name a task, or are linked with one by the history.
SELECT l.repository_id, r.name AS repository, sum(l.commits)::bigint AS commits,
    sum(l.linked)::bigint AS linked, sum(l.unknown_only)::bigint AS unknown_only,
    sum(l.without_reference)::bigint AS without_reference,
    sum(l.linked_by_history)::bigint AS linked_by_history,
    sum(l.commits - l.linked - l.linked_by_history)::bigint AS without_task,
    round(sum(l.linked + l.linked_by_history) / sum(l.commits), 3) AS share
FROM link_coverage AS l
LEFT JOIN repositories AS r ON r.id = l.repository_id
WHERE l.week >= work_week(%(since_at)s::timestamptz)
    AND (%(until)s::date IS NULL OR l.week <= %(until)s::date)
GROUP BY l.repository_id, r.name
ORDER BY commits DESC, l.repository_id
LIMIT %(limit)s
