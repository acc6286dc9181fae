-- Store a plan in one transaction, before any request is sent. Values that ClickUp confirmed before stay.
INSERT INTO worklog_entries AS w (
    workspace_id, marker, user_id, task_id, work_date, action, state, planned_ms, written_ms,
    time_entry_id, planned_at, confirmed_at
)
SELECT p.workspace_id, p.marker, p.user_id, p.task_id, p.work_date, p.action, %(state)s, p.planned_ms,
    p.written_ms, p.time_entry_id, now(), CASE WHEN %(state)s = 'confirmed' THEN now() END
FROM unnest(
    %(workspace_ids)s::text[], %(markers)s::text[], %(user_ids)s::text[], %(task_ids)s::text[],
    %(work_dates)s::date[], %(actions)s::text[], %(planned_ms)s::bigint[], %(written_ms)s::bigint[],
    %(time_entry_ids)s::text[]
) AS p (
    workspace_id, marker, user_id, task_id, work_date, action, planned_ms, written_ms, time_entry_id
)
ON CONFLICT (workspace_id, marker) DO UPDATE SET
    action = excluded.action,
    state = excluded.state,
    planned_ms = excluded.planned_ms,
    written_ms = coalesce(excluded.written_ms, w.written_ms),
    time_entry_id = coalesce(excluded.time_entry_id, w.time_entry_id),
    planned_at = excluded.planned_at,
    confirmed_at = coalesce(excluded.confirmed_at, w.confirmed_at),
    reason = NULL
RETURNING w.marker
