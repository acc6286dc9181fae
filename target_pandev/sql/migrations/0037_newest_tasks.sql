-- What views need to read the newest rows alone: indexes on the times that readers sort by. A task that was
-- done or closed when its status was first known has been so since the date that ClickUp has for it.

ALTER TABLE task_transitions ADD COLUMN done_at timestamptz;
COMMENT ON COLUMN task_transitions.done_at IS
    'For the first known status of a task, if that is inferred and of type done or closed: date_done of the task';

CREATE INDEX tasks_date_updated ON tasks (date_updated);
CREATE INDEX task_transitions_changed_at ON task_transitions (changed_at);
CREATE INDEX task_transitions_closed_at ON task_transitions (coalesce(done_at, changed_at));
