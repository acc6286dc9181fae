-- Task ids found in branches, also those of editors, in commits and pull requests, with the tasks that
-- they name.
-- Cost: for one task two index lookups, by id and by custom id, and another one for each custom id.

CREATE OR REPLACE VIEW resolved_task_references AS
SELECT r.repository_id, r.source, r.object_key, r.kind, r.reference, r.ordinal,
    t.workspace_id, t.id AS task_id, false AS is_ambiguous
FROM task_references AS r
LEFT JOIN tasks AS t
    ON t.id = r.reference AND t._sdc_deleted_at IS NULL
    AND (r.workspace_id IS NULL OR t.workspace_id = r.workspace_id)
WHERE r.kind = 'task_id' OR r.kind = 'bare_id' AND t.id IS NOT NULL
UNION ALL
SELECT r.repository_id, r.source, r.object_key, r.kind, r.reference, r.ordinal,
    t.workspace_id, t.id,
    EXISTS (
        SELECT FROM tasks AS other
        WHERE pg_catalog.upper(other.custom_id) = r.reference
            AND other.custom_id IS NOT NULL
            AND other._sdc_deleted_at IS NULL
            AND (r.workspace_id IS NULL OR other.workspace_id = r.workspace_id)
            AND (other.workspace_id, other.id) <> (t.workspace_id, t.id)
    )
FROM task_references AS r
INNER JOIN tasks AS t
    ON pg_catalog.upper(t.custom_id) = r.reference AND t.custom_id IS NOT NULL AND t._sdc_deleted_at IS NULL
    AND (r.workspace_id IS NULL OR t.workspace_id = r.workspace_id)
WHERE r.kind = 'custom_id';
COMMENT ON VIEW resolved_task_references IS
    'task_references with the task they name; task_id is null until a task of that id arrives. Texts that only look like an id (UTF-8) are left out';
COMMENT ON COLUMN resolved_task_references.is_ambiguous IS
    'Whether several tasks have the custom id, for example in two workspaces with the same prefix: each of them is a row, and at most one is meant';
COMMENT ON COLUMN resolved_task_references.source IS
    'branch, commit, pull_request, or ide_branch for a branch of an editor';
COMMENT ON COLUMN resolved_task_references.object_key IS
    'Name of the branch, sha of the commit, or number of the pull request';
COMMENT ON COLUMN resolved_task_references.kind IS
    'task_id, custom_id, or bare_id for an id without a prefix';
COMMENT ON COLUMN resolved_task_references.ordinal IS 'Its place among the ids of the text, from 1';
COMMENT ON COLUMN resolved_task_references.task_id IS 'The task that is named; null if it is not known';
COMMENT ON COLUMN resolved_task_references.repository_id IS 'Host, group and name, as in repositories.id';
COMMENT ON COLUMN resolved_task_references.reference IS
    'The id as it was read: of a task in lower case, a custom one in upper case';
COMMENT ON COLUMN resolved_task_references.workspace_id IS 'Workspace of the task; null where task_id is';
