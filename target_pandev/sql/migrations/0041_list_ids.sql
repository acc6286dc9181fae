-- No two lists of ClickUp have the same id, in whichever workspaces they are: the indexes on it are smaller
-- without the workspace, and a load spends half the time on them.

DROP INDEX tasks_list_id;
CREATE INDEX tasks_list_id ON tasks (list_id);
DROP INDEX task_versions_list_id;
CREATE INDEX task_versions_list_id ON task_versions (list_id);
