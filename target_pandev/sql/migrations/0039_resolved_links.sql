-- Which task each reference names is stored: the load resolves the references of the objects and tasks
-- that it changes, in the same transaction. Those of a store that existed before are resolved once
-- (database/resolved_links.py).

CREATE TABLE resolved_links (
    repository_id text NOT NULL,
    source text NOT NULL CHECK (source IN ('branch', 'commit', 'pull_request', 'ide_branch')),
    object_key text NOT NULL,
    workspace_id text NOT NULL,
    task_id text NOT NULL,
    via text NOT NULL,
    kind text NOT NULL,
    reference text NOT NULL,
    ordinal integer NOT NULL,
    occurred_at timestamptz,
    is_ambiguous boolean NOT NULL,
    is_first boolean NOT NULL,
    PRIMARY KEY (repository_id, source, object_key, workspace_id, task_id)
);
CREATE INDEX resolved_links_task ON resolved_links (task_id, workspace_id);
CREATE INDEX resolved_links_occurred_at ON resolved_links (occurred_at) WHERE occurred_at IS NOT NULL;
COMMENT ON TABLE resolved_links IS
    'Which tasks each commit, branch and pull request is linked with, and the branches in editors that name them, one row per pair: resolved by the load from task_references, inherited_references and tasks. Read the view task_links';
COMMENT ON COLUMN resolved_links.repository_id IS 'As in task_references';
COMMENT ON COLUMN resolved_links.source IS 'branch, commit, pull_request, or ide_branch for a branch of an editor';
COMMENT ON COLUMN resolved_links.object_key IS 'As in task_references';
COMMENT ON COLUMN resolved_links.workspace_id IS 'Workspace of the task';
COMMENT ON COLUMN resolved_links.task_id IS 'A task that is not deleted';
COMMENT ON COLUMN resolved_links.via IS 'As in task_links; ide_branch for such a branch';
COMMENT ON COLUMN resolved_links.kind IS 'Of the nearest reference, as in task_references';
COMMENT ON COLUMN resolved_links.reference IS 'The nearest reference, as in task_references';
COMMENT ON COLUMN resolved_links.ordinal IS 'Of that reference, as in task_references';
COMMENT ON COLUMN resolved_links.occurred_at IS 'As in task_links; null for an ide_branch';
COMMENT ON COLUMN resolved_links.is_ambiguous IS 'As in task_links';
COMMENT ON COLUMN resolved_links.is_first IS
    'Whether it is the first task that the object itself names, of those that no other one could be meant by: at most one row of an object';
