-- Links that only the history shows: commits that came in by a merge, or stand on a branch, that names
-- a task. Links and references have a time, so that the newest ones are read by an index.

ALTER TABLE task_references ADD COLUMN occurred_at timestamptz;
COMMENT ON COLUMN task_references.occurred_at IS
    'When the commit, or the newest commit of the branch, was made; when the pull request was merged, or else opened; null if that is not known, and for an ide_branch';
UPDATE task_references AS r SET occurred_at = coalesce(c.committed_at, c.authored_at)
FROM commits AS c
WHERE r.source = 'commit' AND c.repository_id = r.repository_id AND c.sha = r.object_key;
UPDATE task_references AS r SET occurred_at = coalesce(c.committed_at, c.authored_at)
FROM branches AS b
INNER JOIN commits AS c ON c.repository_id = b.repository_id AND c.sha = b.head_sha
WHERE r.source = 'branch' AND b.repository_id = r.repository_id AND b.name = r.object_key;
UPDATE task_references AS r SET occurred_at = coalesce(p.merged_at, p.created_at)
FROM pull_requests AS p
WHERE r.source = 'pull_request' AND p.repository_id = r.repository_id
    AND p.number::text = r.object_key;
CREATE INDEX task_references_occurred_at ON task_references (occurred_at)
    WHERE occurred_at IS NOT NULL;

CREATE TABLE inherited_references (
    repository_id text NOT NULL,
    sha text NOT NULL,
    kind text NOT NULL,
    reference text NOT NULL,
    carrier_source text NOT NULL CHECK (carrier_source IN ('branch', 'commit', 'pull_request')),
    carrier_key text NOT NULL,
    via text NOT NULL CHECK (via IN ('pull_request', 'merge', 'branch_graph')),
    workspace_id text,
    ordinal integer NOT NULL,
    occurred_at timestamptz,
    is_nearest boolean NOT NULL,
    PRIMARY KEY (repository_id, sha, kind, reference, carrier_source, carrier_key)
);
CREATE INDEX inherited_references_reference ON inherited_references (reference) WHERE is_nearest;
CREATE INDEX inherited_references_occurred_at ON inherited_references (occurred_at)
    WHERE occurred_at IS NOT NULL AND is_nearest;
-- Not repository_id first: PostgreSQL would take this index for a commit of a large repository.
CREATE INDEX inherited_references_carrier ON inherited_references (carrier_key, repository_id);
CREATE INDEX inherited_references_branch ON inherited_references (repository_id)
    WHERE carrier_source = 'branch';
COMMENT ON TABLE inherited_references IS
    'Commits that the history links with a task id: they came in by a merge or a pull request that names it, or stand on a branch that does and not on the default branch. Derived by the load from task_references, parents and merged_commits';
COMMENT ON COLUMN inherited_references.sha IS 'The commit';
COMMENT ON COLUMN inherited_references.kind IS 'As in task_references';
COMMENT ON COLUMN inherited_references.ordinal IS 'As in task_references';
COMMENT ON COLUMN inherited_references.carrier_source IS
    'What names the id: branch, commit (a merge) or pull_request';
COMMENT ON COLUMN inherited_references.carrier_key IS 'Its object_key in task_references';
COMMENT ON COLUMN inherited_references.via IS
    'pull_request: the pull request made this commit; merge: it came in by the merge commit or pull request; branch_graph: it stands on the branch';
COMMENT ON COLUMN inherited_references.occurred_at IS 'When the commit was made';
COMMENT ON COLUMN inherited_references.is_nearest IS
    'True for one row of a commit and id: by pull_request, else by merge, else by branch; false for the others, and if the commit itself names the id';

CREATE TABLE awaited_commits (
    repository_id text NOT NULL,
    sha text NOT NULL,
    carrier_source text NOT NULL,
    carrier_key text NOT NULL,
    PRIMARY KEY (repository_id, sha, carrier_source, carrier_key)
);
CREATE INDEX awaited_commits_carrier ON awaited_commits (carrier_key, repository_id);
COMMENT ON TABLE awaited_commits IS
    'Commits that are not in the store, and without which the commits of a merge, pull request or branch are not surely known; derived again once they arrive';
COMMENT ON COLUMN awaited_commits.carrier_source IS 'branch, commit (a merge) or pull_request';
COMMENT ON COLUMN awaited_commits.carrier_key IS
    'As in inherited_references; empty for branches, which are derived together';

CREATE INDEX branches_default ON branches (repository_id) WHERE is_default;

-- A store with commits extracts and derives all again once, by the version of its extraction.
UPDATE reference_rules SET extraction = 3
WHERE extraction = 2 AND NOT EXISTS (SELECT FROM commits) AND NOT EXISTS (SELECT FROM branches)
    AND NOT EXISTS (SELECT FROM pull_requests);
