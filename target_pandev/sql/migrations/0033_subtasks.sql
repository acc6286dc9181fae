-- planning_accuracy looks up whether the subtasks of a task have estimates.

CREATE INDEX tasks_parent_id ON tasks (workspace_id, parent_id) WHERE parent_id IS NOT NULL;
