-- How many tasks were in each status group at the end of each day: a cumulative flow diagram.
-- A stay in a group adds its task on the day it begins and takes it away on the day it ends; the sum
-- of all days before is the number. Nothing is stored per day.
-- Cost: that of status_transitions, and a row per day, space and group.

CREATE OR REPLACE VIEW daily_flow AS
WITH stays AS (
    -- Equal stays are counted first: what follows is then done for a fraction of the rows.
    SELECT o.workspace_id, o.space_id, t.to_status_group AS status_group, t.is_inferred,
        work_date(t.changed_at) AS first_day, work_date(t.next_changed_at) AS last_day,
        CASE WHEN t.from_status IS NULL THEN work_date(t.changed_after) END AS open_since,
        pg_catalog.count(*)::integer AS tasks
    FROM status_transitions AS t
    INNER JOIN task_overview AS o ON o.workspace_id = t.workspace_id AND o.task_id = t.task_id
    -- Days first: a sort by texts that are mostly equal would take twice as long.
    GROUP BY first_day, last_day, t.is_inferred, open_since, t.to_status_group, o.space_id, o.workspace_id
),
steps AS (
    SELECT s.workspace_id, s.space_id, e.status_group, e.day,
        pg_catalog.sum(e.step * s.tasks) AS tasks,
        pg_catalog.sum(e.step * s.tasks) FILTER (WHERE e.is_inferred) AS inferred_tasks
    FROM stays AS s
    -- The status of a new task before its first known one is not known; it counts as open.
    CROSS JOIN LATERAL (
        VALUES
            (s.first_day, s.status_group, 1, s.is_inferred),
            (s.last_day, s.status_group, -1, s.is_inferred),
            (s.open_since, 'OPEN', 1, TRUE),
            (CASE WHEN s.open_since IS NOT NULL THEN s.first_day END, 'OPEN', -1, TRUE)
    ) AS e (day, status_group, step, is_inferred)
    WHERE e.day IS NOT NULL
    GROUP BY s.workspace_id, s.space_id, e.status_group, e.day
    HAVING pg_catalog.sum(e.step * s.tasks) <> 0
        OR pg_catalog.sum(e.step * s.tasks) FILTER (WHERE e.is_inferred) <> 0
),
spans AS (
    SELECT s.*,
        pg_catalog.lead(s.day) OVER in_order AS next_day,
        pg_catalog.sum(s.tasks) OVER in_order AS all_tasks,
        pg_catalog.sum(s.inferred_tasks) OVER in_order AS all_inferred_tasks
    FROM steps AS s
    WINDOW in_order AS (PARTITION BY s.workspace_id, s.space_id, s.status_group ORDER BY s.day)
)
SELECT s.workspace_id, s.space_id, s.day + d.days AS day, s.status_group,
    s.all_tasks::bigint AS tasks,
    coalesce(s.all_inferred_tasks, 0)::bigint AS inferred_tasks
FROM spans AS s
CROSS JOIN LATERAL pg_catalog.generate_series(
    0, coalesce(s.next_day - 1, work_date(pg_catalog.now())) - s.day
) AS d (days);
COMMENT ON VIEW daily_flow IS
    'Number of tasks of each space in each status group at the end of each day, in the time zone of reports. Tasks that are deleted now are left out of all days';
COMMENT ON COLUMN daily_flow.space_id IS 'The space that the tasks are in now';
COMMENT ON COLUMN daily_flow.tasks IS
    'By the status on that day, not by the present one; an inferred change counts at its latest possible time';
COMMENT ON COLUMN daily_flow.inferred_tasks IS 'Tasks whose status on that day is inferred';
COMMENT ON COLUMN daily_flow.status_group IS 'OPEN, IN_PROGRESS, CLOSED or UNDEFINED';
COMMENT ON COLUMN daily_flow.workspace_id IS 'Id of the workspace in ClickUp';
COMMENT ON COLUMN daily_flow.day IS
    'In the time zone of reports; from the first known status of a task to today';
