-- The activity of each task in one row; tasks without any are left out.
-- Cost: that of task_activity; for one task too. Sorting starts with the column that differs most.

CREATE OR REPLACE VIEW task_activity_summary AS
SELECT a.workspace_id, a.task_id, a.task_name, a.status, a.status_group, a.task_url,
    pg_catalog.min(a.occurred_at) AS first_activity_at,
    pg_catalog.max(a.occurred_at) AS last_activity_at,
    pg_catalog.count(*) FILTER (WHERE a.source = 'commit' AND NOT a.is_merge) AS commits,
    pg_catalog.count(*) FILTER (WHERE a.source = 'branch') AS branches,
    pg_catalog.count(*) FILTER (WHERE a.source = 'pull_request') AS pull_requests,
    pg_catalog.count(DISTINCT coalesce(a.author_email, a.author_name))
        FILTER (WHERE a.source = 'commit' AND NOT a.is_merge) AS authors
FROM task_activity AS a
GROUP BY a.task_id, a.workspace_id, a.task_name, a.status, a.status_group, a.task_url;
COMMENT ON VIEW task_activity_summary IS
    'One row per task that has commits, branches or pull requests in task_activity';
COMMENT ON COLUMN task_activity_summary.first_activity_at IS 'First occurred_at, merges included';
COMMENT ON COLUMN task_activity_summary.commits IS 'Without merges, also those linked by the history';
COMMENT ON COLUMN task_activity_summary.branches IS 'Branches that name the task';
COMMENT ON COLUMN task_activity_summary.pull_requests IS 'Pull requests that name the task';
COMMENT ON COLUMN task_activity_summary.status_group IS 'OPEN, IN_PROGRESS, CLOSED or UNDEFINED';
COMMENT ON COLUMN task_activity_summary.authors IS
    'How many addresses wrote these commits; co-authors do not count';
COMMENT ON COLUMN task_activity_summary.workspace_id IS 'Id of the workspace in ClickUp';
COMMENT ON COLUMN task_activity_summary.task_id IS 'Short id of the task in ClickUp, unique in its workspace';
COMMENT ON COLUMN task_activity_summary.task_name IS 'Present title of the task';
COMMENT ON COLUMN task_activity_summary.status IS 'Its present status, as ClickUp names it';
COMMENT ON COLUMN task_activity_summary.task_url IS 'Address of the task in ClickUp';
COMMENT ON COLUMN task_activity_summary.last_activity_at IS 'Last occurred_at, merges included';
