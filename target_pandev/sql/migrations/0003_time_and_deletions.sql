-- Time, sprints, webhooks, opted-in custom fields, and completed reads.

CREATE TABLE time_entries (
    workspace_id text NOT NULL,
    id text NOT NULL,
    task_id text,
    space_id text,
    user_id text,
    started_at timestamptz,
    ended_at timestamptz,
    duration_ms bigint,
    is_running boolean,
    date_updated timestamptz,
    _sdc_extracted_at timestamptz NOT NULL,
    _sdc_hash uuid NOT NULL,
    _sdc_deleted_at timestamptz,
    PRIMARY KEY (workspace_id, id)
);
CREATE INDEX time_entries_started_at ON time_entries (workspace_id, started_at);
CREATE INDEX time_entries_task_id ON time_entries (workspace_id, task_id);
COMMENT ON COLUMN time_entries.ended_at IS 'Null while the timer runs';
COMMENT ON COLUMN time_entries.duration_ms IS 'Null while the timer runs';

CREATE TABLE sprints (
    workspace_id text NOT NULL,
    id text NOT NULL,
    name text,
    space_id text,
    folder_id text,
    start_date timestamptz,
    end_date timestamptz,
    dates_inferred boolean,
    archived boolean,
    _sdc_extracted_at timestamptz NOT NULL,
    _sdc_hash uuid NOT NULL,
    _sdc_deleted_at timestamptz,
    PRIMARY KEY (workspace_id, id)
);
COMMENT ON TABLE sprints IS 'Lists that are sprints';
COMMENT ON COLUMN sprints.id IS 'The id of the sprint''s list';
COMMENT ON COLUMN sprints.dates_inferred IS
    'True where the dates come from the name, because the list has none; null without dates';

CREATE TABLE time_in_status (
    workspace_id text NOT NULL,
    task_id text NOT NULL,
    status text NOT NULL,
    minutes numeric,
    since timestamptz,
    is_current boolean,
    orderindex integer,
    _sdc_extracted_at timestamptz NOT NULL,
    _sdc_hash uuid NOT NULL,
    _sdc_deleted_at timestamptz,
    PRIMARY KEY (workspace_id, task_id, status)
);

CREATE TABLE webhooks (
    workspace_id text NOT NULL,
    id text NOT NULL,
    user_id text,
    endpoint text,
    events jsonb,
    space_id text,
    folder_id text,
    list_id text,
    task_id text,
    health_status text,
    fail_count integer,
    _sdc_extracted_at timestamptz NOT NULL,
    _sdc_hash uuid NOT NULL,
    _sdc_deleted_at timestamptz,
    PRIMARY KEY (workspace_id, id)
);
COMMENT ON COLUMN webhooks.endpoint IS 'Scheme, host and port of its receiver, never the path';
COMMENT ON COLUMN webhooks.fail_count IS
    'Deliveries that failed since the last one that arrived; at 100 ClickUp suspends the webhook';

CREATE TABLE completed_reads (
    workspace_id text NOT NULL,
    stream text NOT NULL,
    scope text NOT NULL,
    started_at timestamptz NOT NULL,
    finished_at timestamptz NOT NULL,
    conditions jsonb NOT NULL,
    key_properties jsonb NOT NULL,
    count integer NOT NULL,
    _sdc_extracted_at timestamptz NOT NULL,
    _sdc_hash uuid NOT NULL,
    _sdc_deleted_at timestamptz,
    PRIMARY KEY (workspace_id, stream, scope)
);
COMMENT ON COLUMN completed_reads.scope IS 'Its name among the scopes of the stream';
COMMENT ON COLUMN completed_reads.started_at IS 'When its first request was sent';
COMMENT ON COLUMN completed_reads.count IS 'How many rows it found';

ALTER TABLE tasks ADD COLUMN custom_fields jsonb;
COMMENT ON COLUMN tasks.custom_fields IS 'The custom fields that were opted in, by name';

ALTER TABLE sync_runs
    ADD COLUMN notes jsonb,
    ADD COLUMN live_tasks integer,
    ADD COLUMN approximate_task_count integer;
COMMENT ON COLUMN sync_runs.approximate_task_count IS
    'Sum of ClickUp''s own counts of its live lists, which are approximate';
