-- Periods that each task spent in a status, from one transition to the next.
-- Cost: that of status_transitions and task_overview, for one task too.

CREATE OR REPLACE VIEW status_durations AS
SELECT d.workspace_id, d.task_id, d.status, d.status_type, d.status_group, d.started_at, d.ended_at,
    (extract(EPOCH FROM coalesce(d.ended_at, pg_catalog.now()) - d.started_at) * 1000)::bigint AS duration_ms,
    d.is_inferred
FROM (
    SELECT s.workspace_id, s.task_id, s.to_status AS status, s.to_status_type AS status_type,
        s.to_status_group AS status_group, s.changed_at AS started_at,
        pg_catalog.lead(s.changed_at) OVER in_order AS ended_at,
        s.is_inferred OR coalesce(pg_catalog.lead(s.is_inferred) OVER in_order, FALSE) AS is_inferred
    FROM status_transitions AS s
    WINDOW in_order AS (
        PARTITION BY s.workspace_id, s.task_id ORDER BY s.changed_at, s.is_inferred DESC, s.change_id
    )
) AS d
INNER JOIN task_overview AS o ON o.workspace_id = d.workspace_id AND o.task_id = d.task_id;
COMMENT ON VIEW status_durations IS
    'Each period that a task spent in a status, from the first known transition on';
COMMENT ON COLUMN status_durations.ended_at IS 'Null while the task is in the status';
COMMENT ON COLUMN status_durations.duration_ms IS 'Up to now while the task is in the status';
COMMENT ON COLUMN status_durations.is_inferred IS 'Whether the start or the end is inferred';
