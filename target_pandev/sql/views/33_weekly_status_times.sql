-- How long tasks were in each status, by the week in which they were closed.
-- Cost: that of cycle_times and task_status_times.

CREATE OR REPLACE VIEW weekly_status_times AS
WITH closed AS MATERIALIZED (
    -- By itself: joined with statuses first, each task would be looked up once for each of its statuses.
    SELECT c.workspace_id, c.task_id, c.space_id, work_week(c.closed_at) AS week
    FROM cycle_times AS c
)
SELECT w.workspace_id, w.space_id, w.week, w.status, w.status_group, w.tasks,
    w.duration[1]::bigint AS median_ms, w.duration[2]::bigint AS p85_ms, w.total_ms,
    w.working[1]::bigint AS median_working_ms, w.working[2]::bigint AS p85_working_ms, w.total_working_ms
FROM (
    SELECT c.workspace_id, c.space_id, c.week, d.status, d.status_group,
        pg_catalog.count(*) AS tasks,
        pg_catalog.percentile_cont(ARRAY[0.5, 0.85]) WITHIN GROUP (ORDER BY d.duration_ms) AS duration,
        pg_catalog.sum(d.duration_ms)::bigint AS total_ms,
        pg_catalog.percentile_cont(ARRAY[0.5, 0.85]) WITHIN GROUP (ORDER BY d.working_ms) AS working,
        pg_catalog.sum(d.working_ms)::bigint AS total_working_ms
    FROM closed AS c
    INNER JOIN task_status_times AS d ON d.workspace_id = c.workspace_id AND d.task_id = c.task_id
    WHERE d.duration_ms IS NOT NULL
    -- Weeks first: a sort by texts that are mostly equal would take twice as long.
    GROUP BY c.week, d.status, c.space_id, d.status_group, c.workspace_id
) AS w;
COMMENT ON VIEW weekly_status_times IS
    'Time that closed tasks had spent in each status, all visits together, by the week in which they were closed the last time; tasks that are not closed are left out';
COMMENT ON COLUMN weekly_status_times.workspace_id IS 'Id of the workspace in ClickUp';
COMMENT ON COLUMN weekly_status_times.space_id IS 'The space that the tasks are in now';
COMMENT ON COLUMN weekly_status_times.week IS 'First day of the week, in the time zone of reports';
COMMENT ON COLUMN weekly_status_times.status IS
    'Present name of the status, in lower case, as in task_status_times';
COMMENT ON COLUMN weekly_status_times.tasks IS 'Closed tasks that had been in the status';
COMMENT ON COLUMN weekly_status_times.median_ms IS 'Half of these tasks were in it for no longer';
COMMENT ON COLUMN weekly_status_times.p85_ms IS '85 of 100 of these tasks were in it for no longer';
COMMENT ON COLUMN weekly_status_times.status_group IS 'OPEN, IN_PROGRESS, CLOSED or UNDEFINED';
COMMENT ON COLUMN weekly_status_times.total_ms IS 'Sum over these tasks';
COMMENT ON COLUMN weekly_status_times.median_working_ms IS
    'Median of their time in it within working hours (table reporting)';
COMMENT ON COLUMN weekly_status_times.p85_working_ms IS 'P85 of their time in it within working hours';
COMMENT ON COLUMN weekly_status_times.total_working_ms IS
    'Sum of their time in it within working hours';
