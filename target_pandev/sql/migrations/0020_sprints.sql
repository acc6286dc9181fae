-- The time after the start of a sprint in which tasks still count as committed, and indexes for the
-- tasks of a list. Few tasks have secondary lists, so their indexes are small; with a list of pending
-- entries, which every query reads, a scan of the table would often seem cheaper.

ALTER TABLE reporting
    ADD COLUMN sprint_grace_hours integer NOT NULL DEFAULT 24 CHECK (sprint_grace_hours >= 0);
COMMENT ON COLUMN reporting.sprint_grace_hours IS
    'Tasks that come into a sprint within so many hours of its start are committed, not added';

CREATE INDEX tasks_list_id ON tasks (workspace_id, list_id);
CREATE INDEX tasks_secondary_list_ids ON tasks USING gin (secondary_list_ids)
    WITH (fastupdate = off) WHERE secondary_list_ids <> '[]';
CREATE INDEX task_versions_list_id ON task_versions (workspace_id, list_id);
CREATE INDEX task_versions_secondary_list_ids ON task_versions USING gin (secondary_list_ids)
    WITH (fastupdate = off) WHERE secondary_list_ids <> '[]';
CREATE INDEX task_changes_from_list ON task_changes (workspace_id, from_value) WHERE field = 'list_id';
CREATE INDEX task_changes_to_list ON task_changes (workspace_id, to_value) WHERE field = 'list_id';
