-- Closed tasks that no commit or branch names.
-- Cost: for one task its row and its references by key; all rows: task_overview, and all references.

CREATE OR REPLACE VIEW closed_tasks_without_commits AS
SELECT o.workspace_id, o.task_id, o.name, o.task_type_id, o.task_type_name, o.list_id, o.list_name,
    o.space_id, o.space_name, o.assignee_ids, coalesce(o.date_done, o.date_closed) AS closed_at, o.url
FROM task_overview AS o
WHERE o.status_group = 'CLOSED'
    AND NOT EXISTS (
        SELECT
        FROM resolved_task_references AS r
        LEFT JOIN commits AS c
            ON r.source = 'commit' AND c.repository_id = r.repository_id AND c.sha = r.object_key
        LEFT JOIN branches AS b
            ON r.source = 'branch' AND b.repository_id = r.repository_id AND b.name = r.object_key
        WHERE r.workspace_id = o.workspace_id AND r.task_id = o.task_id
            AND c._sdc_deleted_at IS NULL AND b._sdc_deleted_at IS NULL
    );
COMMENT ON VIEW closed_tasks_without_commits IS
    'Tasks in a status of the group CLOSED that no commit or branch names, other than deleted ones: work without code, or a reference that was forgotten';
COMMENT ON COLUMN closed_tasks_without_commits.closed_at IS 'ClickUp''s date of it';
COMMENT ON COLUMN closed_tasks_without_commits.assignee_ids IS 'Ids of all assignees';
