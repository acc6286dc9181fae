-- What each sprint committed to and what became of it, in tasks and points.
--
-- Nothing counts twice: a subtask is not a task of its own if its parent, or the task at the top, is in
-- the same sprint. Points are those of both, but a subtask's do not count if that parent has points.
-- Cost: that of sprint_tasks, for each sprint on its own. Sprints are sorted first, so that the tasks of
-- the newest ones are read without those of others.

CREATE OR REPLACE VIEW sprint_report AS
SELECT s.workspace_id, s.sprint_id, s.name, s.phase, s.starts_at, s.ends_at, s.dates_inferred,
    coalesce(c.committed_tasks, 0) AS committed_tasks, coalesce(c.committed_points, 0) AS committed_points,
    coalesce(c.added_tasks, 0) AS added_tasks, coalesce(c.added_points, 0) AS added_points,
    coalesce(c.removed_tasks, 0) AS removed_tasks, coalesce(c.removed_points, 0) AS removed_points,
    coalesce(c.done_tasks, 0) AS done_tasks, coalesce(c.done_points, 0) AS done_points,
    coalesce(c.carried_over_tasks, 0) AS carried_over_tasks,
    coalesce(c.carried_over_points, 0) AS carried_over_points,
    coalesce(c.subtasks, 0) AS subtasks, coalesce(c.inferred_tasks, 0) AS inferred_tasks
FROM (
    SELECT p.*
    FROM sprint_periods AS p
    ORDER BY p.starts_at DESC
) AS s
CROSS JOIN LATERAL (
    SELECT
        pg_catalog.count(*) FILTER (WHERE c.is_committed AND c.is_task) AS committed_tasks,
        pg_catalog.sum(c.points) FILTER (WHERE c.is_committed) AS committed_points,
        pg_catalog.count(*) FILTER (WHERE c.is_added AND c.is_task) AS added_tasks,
        pg_catalog.sum(c.points) FILTER (WHERE c.is_added) AS added_points,
        pg_catalog.count(*) FILTER (WHERE c.is_removed AND c.is_task) AS removed_tasks,
        pg_catalog.sum(c.points) FILTER (WHERE c.is_removed) AS removed_points,
        pg_catalog.count(*) FILTER (WHERE c.is_done AND c.is_task) AS done_tasks,
        pg_catalog.sum(c.points) FILTER (WHERE c.is_done) AS done_points,
        pg_catalog.count(*) FILTER (WHERE c.is_carried_over AND c.is_task) AS carried_over_tasks,
        pg_catalog.sum(c.points) FILTER (WHERE c.is_carried_over) AS carried_over_points,
        pg_catalog.count(*) FILTER (WHERE NOT c.is_task) AS subtasks,
        pg_catalog.count(*) FILTER (WHERE c.is_inferred) AS inferred_tasks
    FROM (
        SELECT w.is_committed, w.is_added, w.is_removed, w.is_done,
            w.is_carried_over, w.is_inferred,
            NOT coalesce(
                w.all_points ? w.parent_id OR w.all_points ? w.top_level_parent_id, FALSE
            ) AS is_task,
            CASE
                WHEN coalesce(w.all_points ->> w.parent_id, w.all_points ->> w.top_level_parent_id) IS NULL
                    THEN w.points
            END AS points
        FROM (
            SELECT t.*,
                pg_catalog.jsonb_object_agg(t.task_id, t.points) OVER () AS all_points
            FROM sprint_tasks AS t
            WHERE t.workspace_id = s.workspace_id AND t.sprint_id = s.sprint_id
                AND (t.is_committed OR t.is_added OR t.is_done OR t.is_carried_over)
        ) AS w
    ) AS c
) AS c;
COMMENT ON VIEW sprint_report IS
    'One row per sprint: tasks and points that were committed, added, removed, done and carried over, as sprint_tasks defines them. A subtask counts with its parent if both are in the sprint';
COMMENT ON COLUMN sprint_report.workspace_id IS 'Id of the workspace in ClickUp';
COMMENT ON COLUMN sprint_report.sprint_id IS 'Id of the sprint, which is that of its list';
COMMENT ON COLUMN sprint_report.name IS 'Present name of the list';
COMMENT ON COLUMN sprint_report.starts_at IS 'As in sprint_periods; null if it has no dates';
COMMENT ON COLUMN sprint_report.ends_at IS 'As in sprint_periods; null if it has no dates';
COMMENT ON COLUMN sprint_report.phase IS
    'planned, running or ended; undated without a start, where nothing is committed or added';
COMMENT ON COLUMN sprint_report.committed_points IS
    'All points are those at the start, or of added tasks when they came. Points of subtasks count unless the parent has points';
COMMENT ON COLUMN sprint_report.done_tasks IS 'Up to now for a running sprint';
COMMENT ON COLUMN sprint_report.removed_tasks IS 'Up to now for a running sprint';
COMMENT ON COLUMN sprint_report.subtasks IS
    'Rows of sprint_tasks that are not tasks here, because their parents are in the sprint';
COMMENT ON COLUMN sprint_report.inferred_tasks IS
    'Tasks and subtasks about which something is assumed, because they were first read later';
COMMENT ON COLUMN sprint_report.dates_inferred IS 'Whether the dates come from the name of the list';
COMMENT ON COLUMN sprint_report.committed_tasks IS 'Tasks in the sprint at committed_at of sprint_periods, of a planned sprint now';
COMMENT ON COLUMN sprint_report.added_tasks IS 'Tasks that came into the sprint after committed_at, and before the end';
COMMENT ON COLUMN sprint_report.added_points IS 'Points of added tasks';
COMMENT ON COLUMN sprint_report.removed_points IS 'Points of removed tasks';
COMMENT ON COLUMN sprint_report.done_points IS 'Points of done tasks';
COMMENT ON COLUMN sprint_report.carried_over_tasks IS 'Tasks in the sprint at its end that were not done; 0 until then';
COMMENT ON COLUMN sprint_report.carried_over_points IS 'Points of tasks that were carried over';
