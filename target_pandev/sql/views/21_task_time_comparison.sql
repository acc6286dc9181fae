-- Time in editors, tracked time and estimates side by side, in rows that can be summed in any way.
--
-- An estimate belongs to its task and not to a person or a day. Therefore it is a row of its own, with
-- neither: the sum of estimate_ms over the rows of a task is its estimate, of one person's rows it is
-- null. Times of a person on a day never have an estimate next to them. For the totals of a task group
-- by workspace_id and task_id. Estimates of parent tasks are listed as ClickUp has them: a parent and its
-- subtasks may both have one for the same work. Entries that pandev worklogs wrote from the time in
-- editors are apart from what people tracked.
-- A person is an employee with all addresses and users, or else an address.
-- Cost: that of task_time, all users and employees, and time entries, for one task by index.

CREATE OR REPLACE VIEW task_time_comparison AS
WITH persons AS MATERIALIZED (
    -- Not by the view people, which takes long to plan.
    SELECT u.workspace_id, u.id, coalesce(a.employee_email, mail_address(u.email)) AS email, a.employee_email
    FROM users AS u
    LEFT JOIN employee_addresses AS a ON a.address = mail_address(u.email)
)
SELECT a.workspace_id, a.task_id, a.email, a.work_date,
    pg_catalog.sum(a.ide_ms)::bigint AS ide_ms,
    pg_catalog.sum(a.worklog_ms)::bigint AS worklog_ms,
    NULL::bigint AS estimate_ms,
    pg_catalog.sum(a.written_ms)::bigint AS written_ms,
    a.employee_email
FROM (
    SELECT t.workspace_id, t.task_id, t.email, t.employee_email, t.work_date,
        t.active_ms AS ide_ms, NULL::bigint AS worklog_ms, NULL::bigint AS written_ms
    FROM task_time AS t
    UNION ALL
    SELECT e.workspace_id, e.task_id, p.email, p.employee_email, work_date(e.started_at), NULL::bigint,
        CASE WHEN e.marker IS NULL THEN e.duration_ms END,
        CASE WHEN e.marker IS NOT NULL THEN e.duration_ms END
    FROM time_entries AS e
    LEFT JOIN persons AS p ON p.workspace_id = e.workspace_id AND p.id = e.user_id
    WHERE e._sdc_deleted_at IS NULL AND e.is_running IS NOT TRUE AND e.duration_ms IS NOT NULL
) AS a
GROUP BY a.workspace_id, a.task_id, a.email, a.employee_email, a.work_date
UNION ALL
SELECT t.workspace_id, t.id, NULL::text, NULL::date, NULL::bigint, NULL::bigint,
    t.time_estimate_ms::bigint, NULL::bigint, NULL::text
FROM tasks AS t
WHERE t.time_estimate_ms IS NOT NULL AND t._sdc_deleted_at IS NULL;
COMMENT ON VIEW task_time_comparison IS
    'Active time in editors, tracked time and estimates: a row per task, person and day with the times, and a row per task with its estimate, without person and day, so that nothing is summed twice';
COMMENT ON COLUMN task_time_comparison.workspace_id IS 'Null for time in editors without a task';
COMMENT ON COLUMN task_time_comparison.task_id IS 'Null for time without a task';
COMMENT ON COLUMN task_time_comparison.email IS
    'The person: key of the employee, or without one the address in the form of mail_address(). Null for the estimate, and for tracked time of a user who is not loaded or has no address';
COMMENT ON COLUMN task_time_comparison.employee_email IS
    'Key of the employee; null if no employee has the address, or several, and for the estimate';
COMMENT ON COLUMN task_time_comparison.work_date IS
    'Date in the time zone of reports; tracked time counts for the day on which it began; null for the estimate';
COMMENT ON COLUMN task_time_comparison.ide_ms IS 'Active time in editors; null in the row of the estimate';
COMMENT ON COLUMN task_time_comparison.worklog_ms IS
    'Tracked time of finished entries; a running timer does not count, nor what pandev worklogs wrote';
COMMENT ON COLUMN task_time_comparison.estimate_ms IS
    'Estimate of the task, as it is now; only in the row without person and day';
COMMENT ON COLUMN task_time_comparison.written_ms IS
    'Time of entries that pandev worklogs wrote; it is part of ide_ms, so do not add the two';
