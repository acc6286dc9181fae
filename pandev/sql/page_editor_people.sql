-- The people with active time in editors of the period that belongs to no task, without the time of each.
SELECT e.email, max(p.name) AS name
FROM task_time AS e
LEFT JOIN employees AS p ON p.email = e.employee_email
WHERE e.task_id IS NULL AND e.email IS NOT NULL AND e.work_date >= %(since)s::date
    AND (%(until)s::date IS NULL OR e.work_date <= %(until)s::date)
    AND (%(team_emails)s::text[] IS NULL OR e.employee_email = ANY (%(team_emails)s::text[]))
    AND (
        %(repository)s::text IS NULL
        OR coalesce(e.repository_path, e.project, 'none') = %(repository)s::text
    )
    AND (%(branch)s::text IS NULL OR coalesce(e.branch, 'none') = %(branch)s::text)
GROUP BY e.email
ORDER BY name, e.email
LIMIT %(limit)s
