-- Periods that each task spent in a status, from one transition to the next.
-- Cost: that of status_transitions and task_overview, for one task too. The newest rows are read by the
-- index on changed_at, and their tasks by key (task_activity says why a LEFT JOIN does that).

CREATE OR REPLACE VIEW status_durations AS
SELECT s.workspace_id, s.task_id, s.to_status AS status, s.to_status_type AS status_type,
    s.to_status_group AS status_group, s.changed_at AS started_at, s.next_changed_at AS ended_at,
    (extract(EPOCH FROM coalesce(s.next_changed_at, pg_catalog.now()) - s.changed_at) * 1000)::bigint
        AS duration_ms,
    s.is_inferred OR coalesce(s.next_is_inferred, FALSE) AS is_inferred,
    working_ms(s.changed_at, coalesce(s.next_changed_at, pg_catalog.now())) AS working_ms
FROM status_transitions AS s
LEFT JOIN task_overview AS o ON o.workspace_id = s.workspace_id AND o.task_id = s.task_id
WHERE pg_catalog.num_nonnulls(o.task_id) <> 0;
COMMENT ON VIEW status_durations IS
    'Each period that a task spent in a status, from its first known status on';
COMMENT ON COLUMN status_durations.ended_at IS 'Null while the task is in the status';
COMMENT ON COLUMN status_durations.duration_ms IS 'Up to now while the task is in the status';
COMMENT ON COLUMN status_durations.is_inferred IS 'Whether the start or the end is inferred';
COMMENT ON COLUMN status_durations.working_ms IS
    'The part of duration_ms within working hours (table reporting)';
COMMENT ON COLUMN status_durations.status_type IS 'Type of the status, such as open or custom';
COMMENT ON COLUMN status_durations.status_group IS 'OPEN, IN_PROGRESS, CLOSED or UNDEFINED';
COMMENT ON COLUMN status_durations.workspace_id IS 'Id of the workspace in ClickUp';
COMMENT ON COLUMN status_durations.task_id IS 'Short id of the task in ClickUp, unique in its workspace';
COMMENT ON COLUMN status_durations.status IS 'As ClickUp named it';
COMMENT ON COLUMN status_durations.started_at IS
    'When it got the status; the latest possible time if that is inferred';
