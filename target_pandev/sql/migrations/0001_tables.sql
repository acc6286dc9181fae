-- The tables of the streams that the store knows. Every key of a ClickUp table begins with the
-- workspace, there is no trigger and no foreign key: so the store can be spread over machines.
--
-- _sdc_extracted_at  when the row was read at its source (Singer's time_extracted)
-- _sdc_hash          of the row's values; equal rows are not written again
-- _sdc_deleted_at    when the row was found to be deleted at its source

CREATE TABLE workspaces (
    id text NOT NULL,
    name text,
    _sdc_extracted_at timestamptz NOT NULL,
    _sdc_hash uuid NOT NULL,
    _sdc_deleted_at timestamptz,
    PRIMARY KEY (id)
);

CREATE TABLE users (
    workspace_id text NOT NULL,
    id text NOT NULL,
    username text,
    email text,
    role integer,
    is_member boolean,
    _sdc_extracted_at timestamptz NOT NULL,
    _sdc_hash uuid NOT NULL,
    _sdc_deleted_at timestamptz,
    PRIMARY KEY (workspace_id, id)
);

CREATE TABLE spaces (
    workspace_id text NOT NULL,
    id text NOT NULL,
    name text,
    private boolean,
    archived boolean,
    sprints_enabled boolean,
    points_enabled boolean,
    time_tracking_enabled boolean,
    _sdc_extracted_at timestamptz NOT NULL,
    _sdc_hash uuid NOT NULL,
    _sdc_deleted_at timestamptz,
    PRIMARY KEY (workspace_id, id)
);

CREATE TABLE folders (
    workspace_id text NOT NULL,
    id text NOT NULL,
    name text,
    space_id text,
    archived boolean,
    override_statuses boolean,
    _sdc_extracted_at timestamptz NOT NULL,
    _sdc_hash uuid NOT NULL,
    _sdc_deleted_at timestamptz,
    PRIMARY KEY (workspace_id, id)
);

CREATE TABLE lists (
    workspace_id text NOT NULL,
    id text NOT NULL,
    name text,
    space_id text,
    folder_id text,
    archived boolean,
    override_statuses boolean,
    task_count integer,
    start_date timestamptz,
    due_date timestamptz,
    _sdc_extracted_at timestamptz NOT NULL,
    _sdc_hash uuid NOT NULL,
    _sdc_deleted_at timestamptz,
    PRIMARY KEY (workspace_id, id)
);

CREATE TABLE statuses (
    workspace_id text NOT NULL,
    scope_type text NOT NULL,
    scope_id text NOT NULL,
    status text NOT NULL,
    status_id text,
    status_type text,
    orderindex integer,
    color text,
    _sdc_extracted_at timestamptz NOT NULL,
    _sdc_hash uuid NOT NULL,
    _sdc_deleted_at timestamptz,
    PRIMARY KEY (workspace_id, scope_type, scope_id, status)
);

CREATE TABLE tasks (
    workspace_id text NOT NULL,
    id text NOT NULL,
    custom_id text,
    name text,
    status text,
    status_id text,
    status_type text,
    priority integer,
    assignee_ids jsonb,
    creator_id text,
    list_id text,
    folder_id text,
    space_id text,
    secondary_list_ids jsonb,
    parent_id text,
    top_level_parent_id text,
    tags jsonb,
    points numeric,
    time_estimate_ms numeric,
    date_created timestamptz,
    date_updated timestamptz,
    start_date timestamptz,
    due_date timestamptz,
    date_done timestamptz,
    date_closed timestamptz,
    archived boolean,
    url text,
    _sdc_extracted_at timestamptz NOT NULL,
    _sdc_hash uuid NOT NULL,
    _sdc_deleted_at timestamptz,
    PRIMARY KEY (workspace_id, id)
);
CREATE INDEX tasks_id ON tasks (id);
CREATE INDEX tasks_custom_id ON tasks (upper(custom_id)) WHERE custom_id IS NOT NULL;

CREATE TABLE sync_runs (
    workspace_id text NOT NULL,
    source text NOT NULL,
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    complete boolean,
    records jsonb,
    requests integer,
    retries integer,
    waited_seconds numeric,
    refused jsonb,
    _sdc_extracted_at timestamptz NOT NULL,
    _sdc_hash uuid NOT NULL,
    _sdc_deleted_at timestamptz,
    PRIMARY KEY (workspace_id, source, started_at)
);

CREATE TABLE repositories (
    id text NOT NULL,
    host text,
    path text,
    name text,
    default_branch text,
    _sdc_extracted_at timestamptz NOT NULL,
    _sdc_hash uuid NOT NULL,
    _sdc_deleted_at timestamptz,
    PRIMARY KEY (id)
);

CREATE TABLE branches (
    repository_id text NOT NULL,
    name text NOT NULL,
    head_sha text,
    is_default boolean,
    _sdc_extracted_at timestamptz NOT NULL,
    _sdc_hash uuid NOT NULL,
    _sdc_deleted_at timestamptz,
    PRIMARY KEY (repository_id, name)
);

CREATE TABLE commits (
    repository_id text NOT NULL,
    sha text NOT NULL,
    author_name text,
    author_email text,
    authored_at timestamptz,
    committer_name text,
    committer_email text,
    committed_at timestamptz,
    message text,
    parents jsonb,
    _sdc_extracted_at timestamptz NOT NULL,
    _sdc_hash uuid NOT NULL,
    _sdc_deleted_at timestamptz,
    PRIMARY KEY (repository_id, sha)
);

-- Derived from the rows by the load, in the same transaction.

CREATE TABLE task_references (
    repository_id text NOT NULL,
    source text NOT NULL CHECK (source IN ('branch', 'commit')),
    object_key text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('task_id', 'custom_id')),
    reference text NOT NULL,
    workspace_id text,
    ordinal integer NOT NULL,
    PRIMARY KEY (repository_id, source, object_key, kind, reference)
);
CREATE INDEX task_references_reference ON task_references (reference);
COMMENT ON TABLE task_references IS
    'Every task id or custom task id that a branch name or a commit message mentions, whether such a task is known or not';
COMMENT ON COLUMN task_references.object_key IS 'Name of the branch, or sha of the commit';
COMMENT ON COLUMN task_references.reference IS 'Task id in lower case, custom id in upper case';
COMMENT ON COLUMN task_references.workspace_id IS 'The workspace, where an address names it';
COMMENT ON COLUMN task_references.ordinal IS 'Its place among the ids of the text, from 1';

CREATE TABLE status_observations (
    workspace_id text NOT NULL,
    task_id text NOT NULL,
    date_updated timestamptz NOT NULL,
    status text NOT NULL,
    status_id text,
    status_type text,
    observed_at timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, task_id, date_updated, status)
);
COMMENT ON TABLE status_observations IS
    'A task was seen in a status other than the stored one; never changed, never deleted';

CREATE TABLE rejected_records (
    stream text NOT NULL,
    record_hash uuid NOT NULL,
    key text,
    field text,
    reason text NOT NULL,
    record jsonb,
    rejected_at timestamptz NOT NULL,
    PRIMARY KEY (stream, record_hash)
);
COMMENT ON TABLE rejected_records IS
    'Records that could not be loaded, with the fields that their stream declares';

-- Rules of the load itself.

CREATE TABLE status_groups (
    status_type text PRIMARY KEY,
    status_group text NOT NULL
);
INSERT INTO status_groups VALUES
    ('open', 'OPEN'),
    ('unstarted', 'OPEN'),
    ('custom', 'IN_PROGRESS'),
    ('done', 'CLOSED'),
    ('closed', 'CLOSED');
COMMENT ON TABLE status_groups IS
    'PanDev''s status group of each ClickUp status type; a type that is not here gives UNDEFINED';

CREATE TABLE reference_rules (
    task_id_prefix text NOT NULL,
    hash_task_ids boolean NOT NULL
);
INSERT INTO reference_rules VALUES ('CU-', false);
COMMENT ON TABLE reference_rules IS 'The settings by which task_references was made; one row';
