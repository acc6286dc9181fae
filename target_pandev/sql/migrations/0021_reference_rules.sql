-- More forms of references: ids without a prefix, which count only if such a task exists, and
-- workspaces of repositories. References are extracted again once (`extraction`).

ALTER TABLE task_references
    DROP CONSTRAINT task_references_kind_check,
    ADD CONSTRAINT task_references_kind_check CHECK (kind IN ('task_id', 'bare_id', 'custom_id'));
COMMENT ON COLUMN task_references.kind IS
    'task_id, custom_id, or bare_id for an id without a prefix, which may be any other text';

ALTER TABLE reference_rules ADD COLUMN extraction integer NOT NULL DEFAULT 1;
ALTER TABLE reference_rules ALTER COLUMN extraction DROP DEFAULT;
COMMENT ON COLUMN reference_rules.extraction IS
    'Version of the patterns by which task_references was made';
-- A stored rule never changes by itself, so this is the default of new stores only.
UPDATE reference_rules SET hash_task_ids = true, extraction = 2
WHERE NOT EXISTS (SELECT FROM commits) AND NOT EXISTS (SELECT FROM branches);

COMMENT ON COLUMN task_references.workspace_id IS
    'The workspace whose task is named, where an address or repository_workspaces says so';

CREATE TABLE repository_workspaces (
    repository text PRIMARY KEY,
    workspace_id text NOT NULL
);
COMMENT ON TABLE repository_workspaces IS
    'The setting repository_workspaces: references in these repositories name tasks of one workspace only';
COMMENT ON COLUMN repository_workspaces.repository IS
    'Id of a repository, or a prefix of several ids followed by *; the longest one that matches applies';
