-- Status changes from webhooks. They cannot be read again, so they are never replaced.

CREATE TABLE status_changes (
    workspace_id text NOT NULL,
    id text NOT NULL,
    task_id text NOT NULL,
    list_id text,
    changed_at timestamptz NOT NULL,
    user_id text,
    from_status text,
    from_status_type text,
    to_status text,
    to_status_type text,
    _sdc_extracted_at timestamptz NOT NULL,
    _sdc_hash uuid NOT NULL,
    _sdc_deleted_at timestamptz,
    PRIMARY KEY (workspace_id, id)
);
CREATE INDEX status_changes_task_id ON status_changes (workspace_id, task_id, changed_at);
