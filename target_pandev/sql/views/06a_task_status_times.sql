-- How long each task was in each status, all visits together, by the present name of the status.
--
-- A status is known by its id, so a renamed one is not split in two. Its present name, and not the id, is
-- what visits are added up by: each list may have a workflow of its own, in which the same step has
-- another id.
-- Cost: that of status_transitions.

CREATE OR REPLACE VIEW task_status_times AS
SELECT s.workspace_id, s.task_id, pg_catalog.lower(s.to_status_now) AS status,
    s.to_status_group AS status_group, pg_catalog.count(*) AS visits,
    pg_catalog.sum((extract(EPOCH FROM s.next_changed_at - s.changed_at) * 1000)::bigint)::bigint
        AS duration_ms,
    pg_catalog.sum(working_ms(s.changed_at, s.next_changed_at))::bigint AS working_ms,
    pg_catalog.bool_or(s.next_changed_at IS NULL) AS is_now
FROM status_transitions AS s
GROUP BY s.workspace_id, s.task_id, pg_catalog.lower(s.to_status_now), s.to_status_group;
COMMENT ON VIEW task_status_times IS
    'Time that each task spent in each status, all visits together. A renamed status is one, with its present name; statuses of one name in several lists are one too';
COMMENT ON COLUMN task_status_times.workspace_id IS 'Id of the workspace in ClickUp';
COMMENT ON COLUMN task_status_times.task_id IS
    'Short id of the task in ClickUp, unique in its workspace; tasks that were deleted are included';
COMMENT ON COLUMN task_status_times.status IS
    'Present name of the status, in lower case; the name at that time if its id is not known';
COMMENT ON COLUMN task_status_times.status_group IS 'OPEN, IN_PROGRESS, CLOSED or UNDEFINED';
COMMENT ON COLUMN task_status_times.visits IS 'How often the task got the status';
COMMENT ON COLUMN task_status_times.duration_ms IS
    'Sum of the visits that have ended; null if the first one has not';
COMMENT ON COLUMN task_status_times.working_ms IS
    'The part of duration_ms within working hours (table reporting)';
COMMENT ON COLUMN task_status_times.is_now IS 'Whether it is the present status of the task';
