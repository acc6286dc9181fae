-- Active time of people by task and day, also that of no task, which shows that the day is known. Of a
-- person with several addresses it is one row. The person is the employee, or without one the address.
SELECT a.person, coalesce(e.is_ambiguous, false) AS is_ambiguous, a.workspace_id, a.task_id,
    t.name AS task_name, t.space_id, a.work_date,
    (a.work_date + r.opens_at) AT TIME ZONE r.time_zone AS starts_at, a.active_ms
FROM (
    SELECT t.email AS person, t.employee_email, t.workspace_id, t.task_id, t.work_date,
        sum(t.active_ms)::bigint AS active_ms
    FROM task_time AS t
    WHERE t.work_date BETWEEN %(first_day)s::date AND %(last_day)s::date
    GROUP BY t.email, t.employee_email, t.workspace_id, t.task_id, t.work_date
) AS a
CROSS JOIN reporting AS r
LEFT JOIN employee_addresses AS e ON a.employee_email IS NULL AND e.address = a.person
LEFT JOIN tasks AS t ON t.workspace_id = a.workspace_id AND t.id = a.task_id
ORDER BY a.work_date, a.person, a.workspace_id, a.task_id
