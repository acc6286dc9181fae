-- Booked time by day, person and task, with the task's type, list and space. The time of a parent and
-- of its subtasks are rows of their own; nothing is added up, so each entry is in one row.
-- Cost: for one task its time entries by index; for all of them one aggregation.

CREATE OR REPLACE VIEW time_allocation AS
SELECT e.workspace_id, e.work_date, e.author_id, u.username AS author_name,
    coalesce(u.is_service_user, FALSE) AS is_service_user,
    e.task_id, t.name AS task_name,
    CASE
        WHEN e.task_id IS NULL THEN 'no task'
        WHEN t.id IS NULL THEN 'unknown task'
        WHEN t.task_type_id = '0' THEN 'task'
        WHEN t.task_type_id = '1' THEN 'milestone'
        ELSE coalesce(y.name, 'unknown type')
    END AS task_type,
    t.parent_id, t.list_id, l.name AS list_name, t.space_id, s.name AS space_name,
    coalesce(t.tags, '[]') AS tags, e.booked_ms, e.entries, e.written_ms
FROM (
    SELECT e.workspace_id, work_date(e.started_at) AS work_date, e.user_id AS author_id, e.task_id,
        coalesce(pg_catalog.sum(e.duration_ms) FILTER (WHERE e.marker IS NULL), 0)::bigint AS booked_ms,
        pg_catalog.count(*) FILTER (WHERE e.marker IS NULL) AS entries,
        pg_catalog.sum(e.duration_ms) FILTER (WHERE e.marker IS NOT NULL)::bigint AS written_ms
    FROM time_entries AS e
    WHERE e._sdc_deleted_at IS NULL AND e.is_running IS NOT TRUE AND e.duration_ms IS NOT NULL
    GROUP BY e.workspace_id, work_date(e.started_at), e.user_id, e.task_id
) AS e
LEFT JOIN users AS u ON u.workspace_id = e.workspace_id AND u.id = e.author_id
LEFT JOIN tasks AS t ON t.workspace_id = e.workspace_id AND t.id = e.task_id
LEFT JOIN task_types AS y ON y.workspace_id = t.workspace_id AND y.id = t.task_type_id
LEFT JOIN lists AS l ON l.workspace_id = t.workspace_id AND l.id = t.list_id
LEFT JOIN spaces AS s ON s.workspace_id = t.workspace_id AND s.id = t.space_id;
COMMENT ON VIEW time_allocation IS
    'Time of finished time entries, one row per day, person and task; sums by type, list or space add up to all booked time. Running timers are left out; names of deleted tasks and users show, as in worklogs';
COMMENT ON COLUMN time_allocation.work_date IS
    'Day on which the entries started, in the time zone of reports';
COMMENT ON COLUMN time_allocation.is_service_user IS
    'Whether the author is the user of tap-clickup''s token, not a person';
COMMENT ON COLUMN time_allocation.task_id IS 'Null for time without a task, which is a row of its own';
COMMENT ON COLUMN time_allocation.task_type IS
    'Name of its type as last read: task for ClickUp''s default type, milestone, or one that the workspace has defined. Otherwise no task; unknown task if the task is not loaded; unknown type';
COMMENT ON COLUMN time_allocation.tags IS
    'A task with two tags belongs to both, so sums by tag count its time twice and must not be added: SELECT tag, sum(booked_ms) FROM time_allocation LEFT JOIN jsonb_array_elements_text(tags) AS tag ON true GROUP BY tag';
COMMENT ON COLUMN time_allocation.booked_ms IS
    'Time booked by people on this task itself, without that of its subtasks';
COMMENT ON COLUMN time_allocation.entries IS 'Number of time entries of people';
COMMENT ON COLUMN time_allocation.written_ms IS
    'Time of entries that pandev worklogs wrote from active time in editors; not in booked_ms';
COMMENT ON COLUMN time_allocation.workspace_id IS 'Id of the workspace in ClickUp';
COMMENT ON COLUMN time_allocation.author_id IS 'Id of the user whose time it is';
COMMENT ON COLUMN time_allocation.author_name IS
    'Null until the user is loaded; kept when the user leaves the workspace';
COMMENT ON COLUMN time_allocation.task_name IS
    'Present title; null for time without a task, and until the task is loaded';
COMMENT ON COLUMN time_allocation.parent_id IS 'Parent task; null for a task that is not a subtask';
COMMENT ON COLUMN time_allocation.list_id IS
    'The task''s home list; other lists it is in are in tasks.secondary_list_ids';
COMMENT ON COLUMN time_allocation.list_name IS 'Present name of that list';
COMMENT ON COLUMN time_allocation.space_id IS 'Space of the home list';
COMMENT ON COLUMN time_allocation.space_name IS 'Present name of that space';
