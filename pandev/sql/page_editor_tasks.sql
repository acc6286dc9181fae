-- The tasks that active time in editors of the period belongs to, by how it was attributed.
SELECT e.workspace_id, e.task_id, t.name, e.method, e.active_ms, t.url
FROM (
    SELECT e.workspace_id, e.task_id, e.method, sum(e.active_ms)::bigint AS active_ms
    FROM task_time AS e
    WHERE e.task_id IS NOT NULL AND e.work_date >= %(since)s::date
        AND (%(until)s::date IS NULL OR e.work_date <= %(until)s::date)
        AND (%(team_emails)s::text[] IS NULL OR e.employee_email = ANY (%(team_emails)s::text[]))
        AND (%(kind)s::text IS NULL OR e.method = %(kind)s::text)
    GROUP BY e.workspace_id, e.task_id, e.method
) AS e
LEFT JOIN tasks AS t ON t.workspace_id = e.workspace_id AND t.id = e.task_id
ORDER BY e.active_ms DESC, e.task_id, e.method
LIMIT %(limit)s
