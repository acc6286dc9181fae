-- What push has planned and sent for the days that are planned.
SELECT w.workspace_id, w.marker, w.action, w.state, w.written_ms, w.sent_at
FROM worklog_entries AS w
WHERE w.work_date BETWEEN %(first_day)s::date AND %(last_day)s::date
