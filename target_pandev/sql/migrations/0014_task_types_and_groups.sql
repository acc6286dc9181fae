-- The types that tasks have, and the groups of users that they are assigned to.

CREATE TABLE task_types (
    workspace_id text NOT NULL,
    id text NOT NULL,
    name text,
    _sdc_extracted_at timestamptz NOT NULL,
    _sdc_hash uuid NOT NULL,
    _sdc_deleted_at timestamptz,
    PRIMARY KEY (workspace_id, id)
);
COMMENT ON TABLE task_types IS
    'Task types that workspaces have defined, without ClickUp''s default type, whose id is 0';

CREATE TABLE groups (
    workspace_id text NOT NULL,
    id text NOT NULL,
    name text,
    member_ids jsonb,
    _sdc_extracted_at timestamptz NOT NULL,
    _sdc_hash uuid NOT NULL,
    _sdc_deleted_at timestamptz,
    PRIMARY KEY (workspace_id, id)
);
COMMENT ON TABLE groups IS 'User groups, which ClickUp''s pages call teams';
COMMENT ON COLUMN groups.member_ids IS 'Ids of the users in the group';

ALTER TABLE tasks
    ADD COLUMN task_type_id text,
    ADD COLUMN group_assignee_ids jsonb;
COMMENT ON COLUMN tasks.task_type_id IS
    'Id of its type: 0 for the default type, 1 for a milestone, otherwise one of task_types; null '
    'until the task is read again, or if ClickUp does not send it';
COMMENT ON COLUMN tasks.group_assignee_ids IS 'Ids of the groups that it is assigned to';
