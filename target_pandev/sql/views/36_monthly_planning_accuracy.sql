-- Planning accuracy of each month, by list and for the whole workspace: bias and spread.
-- A parent whose subtasks have estimates is left out, because its estimate may include theirs.
-- Cost: that of planning_accuracy; for one list its tasks.

CREATE OR REPLACE VIEW monthly_planning_accuracy AS
SELECT m.workspace_id, m.list_id, m.list_name, m.month, m.tasks, m.estimate_ms, m.booked_ms, m.bias,
    pg_catalog.round(m.ratio[1]::numeric, 3) AS p50_ratio,
    pg_catalog.round(m.ratio[2]::numeric, 3) AS p85_ratio
FROM (
    SELECT p.workspace_id, p.list_id, pg_catalog.min(p.list_name) AS list_name, p.month,
        pg_catalog.count(*) AS tasks,
        pg_catalog.sum(p.estimate_ms)::bigint AS estimate_ms,
        pg_catalog.sum(p.booked_ms)::bigint AS booked_ms,
        pg_catalog.round(pg_catalog.sum(p.booked_ms) / pg_catalog.sum(p.estimate_ms), 3) AS bias,
        pg_catalog.percentile_cont(ARRAY[0.5, 0.85])
            WITHIN GROUP (ORDER BY p.ratio::double precision) AS ratio
    FROM (
        SELECT p.workspace_id, p.list_id, p.list_name, p.estimate_ms, p.booked_ms, p.ratio,
            pg_catalog.date_trunc('month', work_date(p.closed_at)::timestamp)::date AS month
        FROM planning_accuracy AS p
        WHERE p.closed_at IS NOT NULL AND NOT p.has_estimated_subtasks
        UNION ALL
        SELECT p.workspace_id, NULL::text, NULL::text, p.estimate_ms, p.booked_ms, p.ratio,
            pg_catalog.date_trunc('month', work_date(p.closed_at)::timestamp)::date
        FROM planning_accuracy AS p
        WHERE p.closed_at IS NOT NULL AND NOT p.has_estimated_subtasks
    ) AS p
    -- Months first: a sort by texts that are mostly equal would take twice as long.
    GROUP BY p.month, p.list_id, p.workspace_id
) AS m;
COMMENT ON VIEW monthly_planning_accuracy IS
    'Planning accuracy of the tasks that were closed in each month: a row per list, and one of the whole workspace without a list. The row of the workspace has the tasks of all lists, so do not add the two';
COMMENT ON COLUMN monthly_planning_accuracy.workspace_id IS 'Id of the workspace in ClickUp';
COMMENT ON COLUMN monthly_planning_accuracy.list_id IS
    'The list that the tasks are in now; null in the row of the whole workspace';
COMMENT ON COLUMN monthly_planning_accuracy.list_name IS
    'Present name of that list; null in the row of the whole workspace';
COMMENT ON COLUMN monthly_planning_accuracy.month IS
    'First day of the month in which the tasks were closed the last time, in the time zone of reports';
COMMENT ON COLUMN monthly_planning_accuracy.tasks IS
    'Number of closed tasks with an estimate and booked time, without parents whose subtasks have estimates';
COMMENT ON COLUMN monthly_planning_accuracy.estimate_ms IS 'Sum of their estimates';
COMMENT ON COLUMN monthly_planning_accuracy.booked_ms IS
    'Sum of the time that people booked on them, at any time';
COMMENT ON COLUMN monthly_planning_accuracy.bias IS
    'booked_ms divided by estimate_ms: above 1 the tasks took longer together than was estimated';
COMMENT ON COLUMN monthly_planning_accuracy.p50_ratio IS
    'Median of the ratios of the tasks (planning_accuracy.ratio)';
COMMENT ON COLUMN monthly_planning_accuracy.p85_ratio IS
    '85 of 100 tasks took at most so many times their estimate';
