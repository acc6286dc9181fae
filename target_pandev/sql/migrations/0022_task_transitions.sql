-- Status transitions are stored: the load derives those of the tasks that it changes, in the same
-- transaction. Those of a store that existed before are derived once (database/transitions.py).

CREATE TABLE task_transitions (
    workspace_id text NOT NULL,
    task_id text NOT NULL,
    number integer NOT NULL,
    change_id text,
    from_status text,
    from_status_type text,
    to_status text,
    to_status_type text,
    changed_at timestamptz NOT NULL,
    changed_after timestamptz NOT NULL,
    user_id text,
    is_inferred boolean NOT NULL,
    next_changed_at timestamptz,
    next_is_inferred boolean,
    PRIMARY KEY (workspace_id, task_id, number)
);
COMMENT ON TABLE task_transitions IS
    'Status changes of each task in their order, derived by the load from task_changes, task_versions, tasks and time_in_status: read the view status_transitions';
COMMENT ON COLUMN task_transitions.number IS 'Its place in the order of the task''s transitions, from 1';
