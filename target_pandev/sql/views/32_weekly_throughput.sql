-- How many tasks of each space were created and closed in each week.
-- Cost: that of cycle_times and task_overview.

CREATE OR REPLACE VIEW weekly_throughput AS
SELECT e.workspace_id, e.space_id, e.week,
    pg_catalog.count(*) FILTER (WHERE e.is_creation) AS created,
    pg_catalog.count(*) FILTER (WHERE NOT e.is_creation) AS closed,
    pg_catalog.count(*) FILTER (WHERE NOT e.is_creation AND e.is_reopened) AS closed_again
FROM (
    SELECT o.workspace_id, o.space_id, work_week(o.date_created) AS week, TRUE AS is_creation,
        FALSE AS is_reopened
    FROM task_overview AS o
    WHERE o.date_created IS NOT NULL
    UNION ALL
    SELECT c.workspace_id, c.space_id, work_week(c.closed_at), FALSE, c.reopened_count > 0
    FROM cycle_times AS c
) AS e
GROUP BY e.workspace_id, e.space_id, e.week;
COMMENT ON VIEW weekly_throughput IS
    'Number of tasks of each space that were created and that were closed in each week, in the time zone of reports';
COMMENT ON COLUMN weekly_throughput.week IS 'First day of the week';
COMMENT ON COLUMN weekly_throughput.closed IS
    'Tasks that are closed now, in the week they were closed the last time; one that was reopened since is not counted';
COMMENT ON COLUMN weekly_throughput.closed_again IS 'Those of them that had been reopened before';
COMMENT ON COLUMN weekly_throughput.created IS 'Tasks that were created in the week, whatever became of them';
COMMENT ON COLUMN weekly_throughput.workspace_id IS 'Id of the workspace in ClickUp';
COMMENT ON COLUMN weekly_throughput.space_id IS 'The space that the tasks are in now';
