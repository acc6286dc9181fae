-- Finished time entries of tasks as the store has them, with what push has written since they were read.
SELECT e.workspace_id, e.id, e.user_id, e.task_id, e.space_id, work_date(e.started_at) AS work_date,
    CASE WHEN w.marker IS NULL THEN e.duration_ms ELSE w.written_ms END AS duration_ms, e.marker
FROM time_entries AS e
LEFT JOIN worklog_entries AS w
    ON w.workspace_id = e.workspace_id AND w.marker = e.marker AND w.time_entry_id = e.id
    AND w.state = 'confirmed' AND w.confirmed_at > e._sdc_extracted_at
WHERE e.started_at >= %(starts_at)s AND e.started_at < %(ends_at)s
    AND e.task_id IS NOT NULL AND e.user_id IS NOT NULL AND e.is_running IS NOT TRUE
    AND e._sdc_deleted_at IS NULL
    AND CASE WHEN w.marker IS NULL THEN e.duration_ms ELSE w.written_ms END IS NOT NULL
UNION ALL
SELECT w.workspace_id, w.time_entry_id, w.user_id, w.task_id, t.space_id, w.work_date, w.written_ms,
    w.marker
FROM worklog_entries AS w
LEFT JOIN tasks AS t ON t.workspace_id = w.workspace_id AND t.id = w.task_id
WHERE w.work_date BETWEEN %(first_day)s::date AND %(last_day)s::date
    AND w.state = 'confirmed' AND w.written_ms IS NOT NULL
    AND NOT EXISTS (
        SELECT FROM time_entries AS e
        WHERE e.workspace_id = w.workspace_id AND e.id = w.time_entry_id
    )
