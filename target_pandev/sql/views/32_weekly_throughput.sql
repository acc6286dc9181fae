-- How many tasks of each space were created and closed in each week, and how long the closed ones took.
-- Median and P85 of a longer time, or of several spaces, do not follow from those of weeks: for them compute
-- percentile_cont over cycle_times, as the report does.
-- Cost: that of cycle_times and task_overview.

CREATE OR REPLACE VIEW weekly_throughput AS
SELECT w.workspace_id, w.space_id, w.week, w.created, w.closed, w.closed_again, w.inferred_tasks,
    w.elapsed[1]::bigint AS median_elapsed_ms, w.elapsed[2]::bigint AS p85_elapsed_ms,
    w.active[1]::bigint AS median_active_ms, w.active[2]::bigint AS p85_active_ms,
    w.working[1]::bigint AS median_working_ms, w.working[2]::bigint AS p85_working_ms
FROM (
    SELECT e.workspace_id, e.space_id, e.week,
        pg_catalog.count(*) FILTER (WHERE e.is_creation) AS created,
        pg_catalog.count(*) FILTER (WHERE NOT e.is_creation) AS closed,
        pg_catalog.count(*) FILTER (WHERE NOT e.is_creation AND e.is_reopened) AS closed_again,
        pg_catalog.count(*) FILTER (WHERE e.is_inferred) AS inferred_tasks,
        pg_catalog.percentile_cont(ARRAY[0.5, 0.85]) WITHIN GROUP (ORDER BY e.elapsed_ms) AS elapsed,
        pg_catalog.percentile_cont(ARRAY[0.5, 0.85]) WITHIN GROUP (ORDER BY e.active_ms) AS active,
        pg_catalog.percentile_cont(ARRAY[0.5, 0.85]) WITHIN GROUP (ORDER BY e.working_ms) AS working
    FROM (
        SELECT o.workspace_id, o.space_id, work_week(o.date_created) AS week, TRUE AS is_creation,
            FALSE AS is_reopened, FALSE AS is_inferred, NULL::bigint AS elapsed_ms,
            NULL::bigint AS active_ms, NULL::bigint AS working_ms
        FROM task_overview AS o
        WHERE o.date_created IS NOT NULL
        UNION ALL
        SELECT c.workspace_id, c.space_id, work_week(c.closed_at), FALSE, c.reopened_count > 0,
            c.is_inferred, c.elapsed_ms, c.active_ms, c.working_ms
        FROM cycle_times AS c
    ) AS e
    -- Weeks first: a sort by texts that are mostly equal would take twice as long.
    GROUP BY e.week, e.space_id, e.workspace_id
) AS w;
COMMENT ON VIEW weekly_throughput IS
    'Number of tasks of each space that were created and that were closed in each week, in the time zone of reports, with median and P85 of their cycle times';
COMMENT ON COLUMN weekly_throughput.week IS 'First day of the week';
COMMENT ON COLUMN weekly_throughput.closed IS
    'Tasks that are closed now, in the week they were closed the last time; one that was reopened since is not counted';
COMMENT ON COLUMN weekly_throughput.closed_again IS 'Closed tasks that had been reopened before';
COMMENT ON COLUMN weekly_throughput.inferred_tasks IS
    'Closed tasks with an inferred transition, as in cycle_times';
COMMENT ON COLUMN weekly_throughput.median_elapsed_ms IS
    'Half of the closed tasks took no longer, of those with a known start: cycle_times.elapsed_ms. Null without any';
COMMENT ON COLUMN weekly_throughput.p85_elapsed_ms IS
    '85 of 100 closed tasks with a known start took no longer';
COMMENT ON COLUMN weekly_throughput.median_active_ms IS 'Median of the time in progress: cycle_times.active_ms';
COMMENT ON COLUMN weekly_throughput.p85_active_ms IS 'P85 of the time in progress';
COMMENT ON COLUMN weekly_throughput.median_working_ms IS
    'Median of the part of elapsed_ms within working hours: cycle_times.working_ms';
COMMENT ON COLUMN weekly_throughput.p85_working_ms IS
    'P85 of the part of elapsed_ms within working hours';
COMMENT ON COLUMN weekly_throughput.created IS 'Tasks that were created in the week, whatever became of them';
COMMENT ON COLUMN weekly_throughput.workspace_id IS 'Id of the workspace in ClickUp';
COMMENT ON COLUMN weekly_throughput.space_id IS 'The space that the tasks are in now';
