-- Active time in editors of the period by day, branch and task, the latest first; `none` stands for a
-- repository, branch or task that is not known.
SELECT e.work_date, e.workspace_id, e.task_id, t.name, e.repository, e.branch, e.method, e.active_ms, t.url
FROM (
    SELECT e.work_date, e.workspace_id, e.task_id, coalesce(e.repository_path, e.project) AS repository,
        e.branch, e.method, sum(e.active_ms)::bigint AS active_ms
    FROM task_time AS e
    WHERE e.work_date >= %(since)s::date AND (%(until)s::date IS NULL OR e.work_date <= %(until)s::date)
        AND (%(team_emails)s::text[] IS NULL OR e.employee_email = ANY (%(team_emails)s::text[]))
        AND (%(kind)s::text IS NULL OR e.method = %(kind)s::text)
        AND (
            %(task)s::text IS NULL OR e.task_id = %(task)s::text
            OR %(task)s::text = 'none' AND e.task_id IS NULL
        )
        AND (
            %(repository)s::text IS NULL
            OR coalesce(e.repository_path, e.project, 'none') = %(repository)s::text
        )
        AND (%(branch)s::text IS NULL OR coalesce(e.branch, 'none') = %(branch)s::text)
    GROUP BY e.work_date, e.workspace_id, e.task_id, coalesce(e.repository_path, e.project), e.branch,
        e.method
) AS e
LEFT JOIN tasks AS t ON t.workspace_id = e.workspace_id AND t.id = e.task_id
ORDER BY e.work_date DESC, e.active_ms DESC, e.task_id, e.repository, e.branch
LIMIT %(limit)s
