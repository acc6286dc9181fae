-- Time in editors, tracked time and estimates side by side, in rows that can be summed in any way.
--
-- An estimate belongs to its task and not to a person or a day. Therefore it is a row of its own, with
-- neither: the sum of estimate_ms over the rows of a task is its estimate, of one person's rows it is
-- null. Times of a person on a day never have an estimate next to them. For the totals of a task group
-- by workspace_id and task_id. Estimates of parent tasks are listed as ClickUp has them: a parent and its
-- subtasks may both have one for the same work. Entries that pandev worklogs wrote from the time in
-- editors are apart from what people tracked.
-- Cost: that of task_time and worklogs, and for one task its row; for one task too.

CREATE OR REPLACE VIEW task_time_comparison AS
SELECT a.workspace_id, a.task_id, a.email, a.work_date,
    pg_catalog.sum(a.ide_ms)::bigint AS ide_ms,
    pg_catalog.sum(a.worklog_ms)::bigint AS worklog_ms,
    pg_catalog.sum(a.estimate_ms)::bigint AS estimate_ms,
    pg_catalog.sum(a.written_ms)::bigint AS written_ms
FROM (
    SELECT t.workspace_id, t.task_id, t.email, t.work_date,
        t.active_ms AS ide_ms, NULL::bigint AS worklog_ms, NULL::numeric AS estimate_ms,
        NULL::bigint AS written_ms
    FROM task_time AS t
    UNION ALL
    SELECT w.workspace_id, w.task_id, w.author_email, work_date(w.started_at),
        NULL::bigint, CASE WHEN NOT w.is_written_back THEN w.duration_ms END, NULL::numeric,
        CASE WHEN w.is_written_back THEN w.duration_ms END
    FROM worklogs AS w
    WHERE w.duration_ms IS NOT NULL
    UNION ALL
    SELECT t.workspace_id, t.id, NULL::text, NULL::date,
        NULL::bigint, NULL::bigint, t.time_estimate_ms, NULL::bigint
    FROM tasks AS t
    WHERE t.time_estimate_ms IS NOT NULL AND t._sdc_deleted_at IS NULL
) AS a
GROUP BY a.workspace_id, a.task_id, a.email, a.work_date;
COMMENT ON VIEW task_time_comparison IS
    'Active time in editors, tracked time and estimates: a row per task, person and day with the times, and a row per task with its estimate, without person and day, so that nothing is summed twice';
COMMENT ON COLUMN task_time_comparison.workspace_id IS 'Null for time in editors without a task';
COMMENT ON COLUMN task_time_comparison.task_id IS 'Null for time without a task';
COMMENT ON COLUMN task_time_comparison.email IS
    'Null for the estimate, and for tracked time of a user who is not loaded';
COMMENT ON COLUMN task_time_comparison.work_date IS
    'Date in the time zone of reports; tracked time counts for the day on which it began; null for the estimate';
COMMENT ON COLUMN task_time_comparison.ide_ms IS 'Active time in editors; null in the row of the estimate';
COMMENT ON COLUMN task_time_comparison.worklog_ms IS
    'Tracked time of finished entries; a running timer does not count, nor what pandev worklogs wrote';
COMMENT ON COLUMN task_time_comparison.estimate_ms IS
    'Estimate of the task, as it is now; only in the row without person and day';
COMMENT ON COLUMN task_time_comparison.written_ms IS
    'Time of entries that pandev worklogs wrote; it is part of ide_ms, so do not add the two';
