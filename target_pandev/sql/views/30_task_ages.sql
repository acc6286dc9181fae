-- Work in progress and how old it is: tasks that were started and are not closed.
-- Cost: the present status of each task, and the transitions by key of those that are not closed. The newest
-- rows are read by the index on changed_at, and their tasks by key (task_activity says why a LEFT JOIN does
-- that).

CREATE OR REPLACE VIEW task_ages AS
SELECT e.workspace_id, e.task_id, o.name, o.status, o.status_group, o.task_type_id, o.assignee_ids,
    o.list_id, o.list_name, o.space_id, o.space_name, s.started_at, e.changed_at AS status_since,
    (extract(EPOCH FROM pg_catalog.now() - s.started_at) * 1000)::bigint AS age_ms,
    working_ms(s.started_at, pg_catalog.now()) AS working_age_ms,
    (extract(EPOCH FROM pg_catalog.now() - e.changed_at) * 1000)::bigint AS status_age_ms,
    s.is_inferred,
    working_ms(e.changed_at, pg_catalog.now()) AS working_status_age_ms
FROM status_transitions AS e
LEFT JOIN task_overview AS o ON o.workspace_id = e.workspace_id AND o.task_id = e.task_id
CROSS JOIN LATERAL (
    SELECT
        pg_catalog.min(t.changed_at) FILTER (WHERE t.to_status_group = 'IN_PROGRESS') AS started_at,
        pg_catalog.bool_or(t.is_inferred AND (t.from_status IS NOT NULL OR t.to_status_group = 'IN_PROGRESS'))
            AS is_inferred
    FROM status_transitions AS t
    WHERE t.workspace_id = e.workspace_id AND t.task_id = e.task_id
) AS s
WHERE e.next_changed_at IS NULL
    AND pg_catalog.num_nonnulls(o.task_id) <> 0
    AND o.status_group <> 'CLOSED' AND s.started_at IS NOT NULL;
COMMENT ON VIEW task_ages IS
    'Tasks that were started and are not closed, with their age, which pauses are part of. Compare it with P50 and P85 of cycle_times.elapsed_ms';
COMMENT ON COLUMN task_ages.started_at IS
    'When it was first in progress; the latest possible time if that is inferred';
COMMENT ON COLUMN task_ages.status_since IS 'Since when it has its present status';
COMMENT ON COLUMN task_ages.age_ms IS 'From started_at until now';
COMMENT ON COLUMN task_ages.working_age_ms IS 'The part of age_ms within working hours (table reporting)';
COMMENT ON COLUMN task_ages.status_age_ms IS 'From status_since until now';
COMMENT ON COLUMN task_ages.working_status_age_ms IS 'The part of status_age_ms within working hours';
COMMENT ON COLUMN task_ages.is_inferred IS 'Whether a transition is inferred, so that it may be older';
COMMENT ON COLUMN task_ages.status_group IS 'OPEN, IN_PROGRESS or UNDEFINED';
COMMENT ON COLUMN task_ages.assignee_ids IS 'Ids of all assignees';
COMMENT ON COLUMN task_ages.workspace_id IS 'Id of the workspace in ClickUp';
COMMENT ON COLUMN task_ages.task_id IS 'Short id of the task in ClickUp, unique in its workspace';
COMMENT ON COLUMN task_ages.name IS 'Present title of the task';
COMMENT ON COLUMN task_ages.status IS 'Its present status, as ClickUp names it';
COMMENT ON COLUMN task_ages.task_type_id IS
    '0 for ClickUp''s default type, 1 for a milestone, else the id in task_types';
COMMENT ON COLUMN task_ages.list_id IS
    'The task''s home list; other lists it is in are in tasks.secondary_list_ids';
COMMENT ON COLUMN task_ages.list_name IS 'Present name of that list';
COMMENT ON COLUMN task_ages.space_id IS 'Space of the home list';
COMMENT ON COLUMN task_ages.space_name IS 'Present name of that space';
