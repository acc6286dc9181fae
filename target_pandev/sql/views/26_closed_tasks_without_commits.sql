-- Closed tasks that no commit, branch or pull request is linked with.
-- Cost: for one task its row, and its links by key; the newest rows by the index on the time of closing.
-- All rows: task_overview, and all links. PostgreSQL knows nothing of num_nonnulls(), so that it expects
-- that few links are left and some tasks have none; of IS NULL it would know that all are left.

CREATE OR REPLACE VIEW closed_tasks_without_commits AS
SELECT o.workspace_id, o.task_id, o.name, o.task_type_id, o.task_type_name, o.list_id, o.list_name,
    o.space_id, o.space_name, o.assignee_ids, coalesce(o.date_done, o.date_closed) AS closed_at, o.url
FROM task_overview AS o
WHERE o.status_group = 'CLOSED'
    AND NOT EXISTS (
        SELECT
        FROM task_links AS l
        LEFT JOIN commits AS c
            ON l.source = 'commit' AND c.repository_id = l.repository_id AND c.sha = l.object_key
        LEFT JOIN branches AS b
            ON l.source = 'branch' AND b.repository_id = l.repository_id AND b.name = l.object_key
        LEFT JOIN pull_requests AS p
            ON p.repository_id = l.repository_id
            AND p.number = CASE l.source WHEN 'pull_request' THEN l.object_key::bigint END
        WHERE l.workspace_id = o.workspace_id AND l.task_id = o.task_id
            AND pg_catalog.num_nonnulls(c._sdc_deleted_at, b._sdc_deleted_at, p._sdc_deleted_at) = 0
    );
COMMENT ON VIEW closed_tasks_without_commits IS
    'Tasks in a status of the group CLOSED that no commit, branch or pull request names, other than deleted ones, and that the history links with no commit: work without code, or a reference that was forgotten';
COMMENT ON COLUMN closed_tasks_without_commits.closed_at IS 'When it was closed, according to ClickUp';
COMMENT ON COLUMN closed_tasks_without_commits.assignee_ids IS 'Ids of all assignees';
COMMENT ON COLUMN closed_tasks_without_commits.workspace_id IS 'Id of the workspace in ClickUp';
COMMENT ON COLUMN closed_tasks_without_commits.task_id IS
    'Short id of the task in ClickUp, unique in its workspace';
COMMENT ON COLUMN closed_tasks_without_commits.name IS 'Present title of the task';
COMMENT ON COLUMN closed_tasks_without_commits.task_type_id IS
    '0 for ClickUp''s default type, 1 for a milestone, else the id in task_types';
COMMENT ON COLUMN closed_tasks_without_commits.task_type_name IS 'Name of that type as last read';
COMMENT ON COLUMN closed_tasks_without_commits.list_id IS
    'The task''s home list; other lists it is in are in tasks.secondary_list_ids';
COMMENT ON COLUMN closed_tasks_without_commits.list_name IS 'Present name of that list';
COMMENT ON COLUMN closed_tasks_without_commits.space_id IS 'Space of the home list';
COMMENT ON COLUMN closed_tasks_without_commits.space_name IS 'Present name of that space';
COMMENT ON COLUMN closed_tasks_without_commits.url IS 'Address of the task in ClickUp';
