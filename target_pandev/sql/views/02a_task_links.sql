-- What links tasks with commits, branches and pull requests, one row per pair: what names the task, or
-- else the history. The load resolves it (sql/resolve_links.sql).
-- Cost: its rows, for one task or one object by key, and the newest rows by the index on their time.

CREATE OR REPLACE VIEW task_links AS
SELECT l.repository_id, l.source, l.object_key, l.via, l.kind, l.reference, l.ordinal,
    l.workspace_id, l.task_id, l.occurred_at, l.is_ambiguous
FROM resolved_links AS l
WHERE l.source <> 'ide_branch';
COMMENT ON VIEW task_links IS
    'Tasks with the commits, branches and pull requests that name them, and the commits that the history links with them; deleted ones are not left out here';
COMMENT ON COLUMN task_links.source IS 'commit, branch or pull_request';
COMMENT ON COLUMN task_links.ordinal IS 'Place of the id among those of its text, from 1';
COMMENT ON COLUMN task_links.object_key IS
    'Name of the branch, sha of the commit, or number of the pull request, as source says';
COMMENT ON COLUMN task_links.via IS
    'commit, branch or pull_request: it names the task itself; a commit also pull_request: it is the merge or squash of one that names the task; merge: it came in by a merge commit or pull request that names the task; branch_graph: it stands on a branch that names the task, and neither on the default branch nor on another one that branches begin from, such as develop';
COMMENT ON COLUMN task_links.kind IS 'Of the id that names the task, as in task_references';
COMMENT ON COLUMN task_links.occurred_at IS
    'When the commit, or the newest commit of the branch, was made; when the pull request was merged, or else opened; null if that is not known';
COMMENT ON COLUMN task_links.is_ambiguous IS
    'Whether the task is named only by a custom id that several tasks have';
COMMENT ON COLUMN task_links.repository_id IS 'Host, group and name, as in repositories.id';
COMMENT ON COLUMN task_links.reference IS
    'The id as it was read: of a task in lower case, a custom one in upper case';
COMMENT ON COLUMN task_links.workspace_id IS 'Id of the workspace in ClickUp';
COMMENT ON COLUMN task_links.task_id IS 'Short id of the task in ClickUp, unique in its workspace';
