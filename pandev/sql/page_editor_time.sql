-- Active time in editors of the period by how it was attributed to tasks; time of no task is a row.
SELECT t.method, sum(t.active_ms)::bigint AS active_ms, count(DISTINCT t.task_id) AS tasks,
    round(sum(t.active_ms) / nullif(sum(sum(t.active_ms)) OVER (), 0), 3) AS share
FROM task_time AS t
WHERE t.work_date >= %(since)s::date AND (%(until)s::date IS NULL OR t.work_date <= %(until)s::date)
    AND (%(team_emails)s::text[] IS NULL OR t.employee_email = ANY (%(team_emails)s::text[]))
GROUP BY t.method
ORDER BY array_position(ARRAY['branch', 'commit', 'none'], t.method)
