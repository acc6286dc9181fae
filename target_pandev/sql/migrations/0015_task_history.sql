-- History of tasks: former versions with all tracked fields in place of statuses alone, and the
-- changes of all fields that webhooks report in place of those of the status. Stored rows stay.

ALTER TABLE status_observations RENAME TO task_versions;
ALTER TABLE task_versions RENAME COLUMN observed_at TO read_at;
ALTER TABLE task_versions
    DROP CONSTRAINT status_observations_pkey,
    ALTER COLUMN status DROP NOT NULL,
    ADD COLUMN version_hash uuid,
    ADD COLUMN assignee_ids jsonb,
    ADD COLUMN group_assignee_ids jsonb,
    ADD COLUMN list_id text,
    ADD COLUMN secondary_list_ids jsonb,
    ADD COLUMN priority integer,
    ADD COLUMN points numeric,
    ADD COLUMN time_estimate_ms numeric,
    ADD COLUMN due_date timestamptz,
    ADD COLUMN task_type_id text,
    ADD COLUMN has_status_only boolean NOT NULL DEFAULT true;
UPDATE task_versions
SET version_hash = pg_catalog.md5(ROW(status, status_id, status_type)::text)::uuid;
ALTER TABLE task_versions
    ALTER COLUMN has_status_only SET DEFAULT false,
    ALTER COLUMN version_hash SET NOT NULL,
    ADD PRIMARY KEY (workspace_id, task_id, date_updated, version_hash);
COMMENT ON TABLE task_versions IS
    'Every version of a task that was read, except the present one, which is in tasks. Never '
    'changed, never deleted: it cannot be read again';
COMMENT ON COLUMN task_versions.date_updated IS 'When the task was edited to be as it is here';
COMMENT ON COLUMN task_versions.read_at IS 'When this version was read; one time, if it was read several times';
COMMENT ON COLUMN task_versions.version_hash IS
    'Hash of the fields: part of the key, because some fields change without a new date_updated';
COMMENT ON COLUMN task_versions.has_status_only IS
    'True for rows of earlier releases, which stored the status alone: null is unknown there';

ALTER TABLE status_changes RENAME TO task_changes;
ALTER INDEX status_changes_task_id RENAME TO task_changes_task_id;
ALTER INDEX status_changes_pkey RENAME TO task_changes_pkey;
ALTER TABLE task_changes RENAME COLUMN from_status TO from_value;
ALTER TABLE task_changes RENAME COLUMN to_status TO to_value;
ALTER TABLE task_changes ADD COLUMN field text NOT NULL DEFAULT 'status';
ALTER TABLE task_changes ALTER COLUMN field DROP DEFAULT;
COMMENT ON TABLE task_changes IS
    'Changes of tasks exactly as webhooks reported them: which field, by which user, when, from and to '
    'which value. They cannot be read again';
COMMENT ON COLUMN task_changes.field IS
    'Column of tasks: status, list_id, priority, due_date, time_estimate_ms, or assignee_ids';
COMMENT ON COLUMN task_changes.from_value IS
    'Value before the change as text, null for none; of assignee_ids the user who was removed';
COMMENT ON COLUMN task_changes.to_value IS
    'Value after the change as text, null for none; of assignee_ids the user who was added';

CREATE INDEX statuses_status ON statuses (workspace_id, scope_id, lower(status));
CREATE INDEX statuses_status_id ON statuses (workspace_id, status_id);
