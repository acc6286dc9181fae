-- Planning accuracy: the time that people booked on each closed task, next to its estimate.
-- Every task is on its own: the time of a subtask is not added to its parent's, and the estimate of a
-- parent is what ClickUp says, which may include those of its subtasks. Such a parent has
-- has_estimated_subtasks, and sums should leave it out.
-- A task that was reopened has no row until it is closed again; then all its time counts, also that
-- before it was reopened. A running timer does not count, nor what pandev worklogs wrote.
-- Cost: for one task or list its tasks as in task_overview, and for each its time entries and subtasks by
-- index.

CREATE OR REPLACE VIEW planning_accuracy AS
SELECT o.workspace_id, o.task_id, o.name, o.list_id, o.list_name, o.space_id, o.task_type_id, o.parent_id,
    coalesce(o.date_done, o.date_closed) AS closed_at,
    o.time_estimate_ms::bigint AS estimate_ms, e.booked_ms,
    pg_catalog.round(e.booked_ms / o.time_estimate_ms, 3) AS ratio,
    s.is_estimated IS NOT NULL AS has_estimated_subtasks
FROM task_overview AS o
CROSS JOIN LATERAL (
    SELECT pg_catalog.sum(e.duration_ms)::bigint AS booked_ms
    FROM time_entries AS e
    WHERE e.workspace_id = o.workspace_id AND e.task_id = o.task_id AND e.marker IS NULL
        AND e.is_running IS NOT TRUE AND e._sdc_deleted_at IS NULL
) AS e
LEFT JOIN LATERAL (
    SELECT true AS is_estimated
    FROM tasks AS s
    WHERE s.workspace_id = o.workspace_id AND s.parent_id = o.task_id AND s.time_estimate_ms > 0
        AND s._sdc_deleted_at IS NULL
    LIMIT 1
) AS s ON true
WHERE o.status_group = 'CLOSED' AND o.time_estimate_ms > 0 AND e.booked_ms > 0;
COMMENT ON VIEW planning_accuracy IS
    'Closed tasks with an estimate and booked time: one row each, with its own estimate and the time booked on itself. Tasks that are open again are left out';
COMMENT ON COLUMN planning_accuracy.workspace_id IS 'Id of the workspace in ClickUp';
COMMENT ON COLUMN planning_accuracy.task_id IS
    'Short id of the task in ClickUp, unique in its workspace';
COMMENT ON COLUMN planning_accuracy.name IS 'Present title of the task';
COMMENT ON COLUMN planning_accuracy.list_id IS
    'The task''s home list; other lists it is in are in tasks.secondary_list_ids';
COMMENT ON COLUMN planning_accuracy.list_name IS 'Present name of that list';
COMMENT ON COLUMN planning_accuracy.space_id IS 'Space of the home list';
COMMENT ON COLUMN planning_accuracy.task_type_id IS
    '0 for ClickUp''s default type, 1 for a milestone, else the id in task_types';
COMMENT ON COLUMN planning_accuracy.parent_id IS
    'Parent task; null for a task that is not a subtask';
COMMENT ON COLUMN planning_accuracy.closed_at IS 'When it was closed the last time, by ClickUp''s date';
COMMENT ON COLUMN planning_accuracy.estimate_ms IS 'Estimate of the task, as it is now; above 0';
COMMENT ON COLUMN planning_accuracy.booked_ms IS
    'Time of the finished entries that people booked on this task, at any time; without that of its subtasks';
COMMENT ON COLUMN planning_accuracy.ratio IS
    'booked_ms divided by estimate_ms: 1 is as planned, above 1 it took longer';
COMMENT ON COLUMN planning_accuracy.has_estimated_subtasks IS
    'Whether a subtask has an estimate too, which that of this task may include; leave such tasks out of sums';
