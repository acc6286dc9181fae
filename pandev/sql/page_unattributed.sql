-- Active time in editors of the period that belongs to no task, by repository and branch.
SELECT coalesce(t.repository_path, t.project) AS repository, t.branch, count(DISTINCT t.email) AS people,
    sum(t.active_ms)::bigint AS active_ms
FROM task_time AS t
WHERE t.task_id IS NULL AND t.work_date >= %(since)s::date
    AND (%(until)s::date IS NULL OR t.work_date <= %(until)s::date)
    AND (%(team_emails)s::text[] IS NULL OR t.employee_email = ANY (%(team_emails)s::text[]))
GROUP BY coalesce(t.repository_path, t.project), t.branch
ORDER BY active_ms DESC, repository, t.branch
LIMIT %(limit)s
