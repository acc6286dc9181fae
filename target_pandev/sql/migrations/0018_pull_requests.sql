-- Pull requests, the commits that each merged one brought, and references in titles and head branches.

CREATE TABLE pull_requests (
    repository_id text NOT NULL,
    number bigint NOT NULL,
    title text,
    state text,
    head_branch text,
    base_branch text,
    head_sha text,
    merge_commit_sha text,
    author_id text,
    author_login text,
    created_at timestamptz,
    merged_at timestamptz,
    closed_at timestamptz,
    updated_at timestamptz,
    url text,
    _sdc_extracted_at timestamptz NOT NULL,
    _sdc_hash uuid NOT NULL,
    _sdc_deleted_at timestamptz,
    PRIMARY KEY (repository_id, number)
);
CREATE INDEX pull_requests_head_sha ON pull_requests (repository_id, head_sha);
COMMENT ON TABLE pull_requests IS
    'Pull requests of GitHub and merge requests of GitLab, without their texts and comments';
COMMENT ON COLUMN pull_requests.repository_id IS 'Host and path, as in repositories.id';
COMMENT ON COLUMN pull_requests.number IS 'The number in the repository; GitLab''s iid';
COMMENT ON COLUMN pull_requests.state IS 'open, merged or closed (without a merge); GitLab also has locked';
COMMENT ON COLUMN pull_requests.head_sha IS 'The newest commit of the head branch, as before a squash';
COMMENT ON COLUMN pull_requests.merge_commit_sha IS
    'The commit that a merge made on the base branch; null if the tap does not say';
COMMENT ON COLUMN pull_requests.author_login IS 'Null if the tap gives only the id of the author';

-- Derived by the load, in the same transaction, whichever arrives first: pull request or commits.

CREATE TABLE merged_commits (
    repository_id text NOT NULL,
    number bigint NOT NULL,
    sha text NOT NULL,
    is_loaded boolean NOT NULL,
    PRIMARY KEY (repository_id, number, sha)
);
CREATE INDEX merged_commits_sha ON merged_commits (repository_id, sha);
COMMENT ON TABLE merged_commits IS
    'The commits that each merged pull request brought to its base branch: those that are reachable from its head, but not from the base before the merge';
COMMENT ON COLUMN merged_commits.is_loaded IS
    'False for a commit that is not in commits: it and its ancestors are unknown';

CREATE INDEX commits_merged_parent ON commits (repository_id, (parents ->> 1))
    WHERE parents ->> 1 IS NOT NULL;

ALTER TABLE task_references
    DROP CONSTRAINT task_references_source_check,
    ADD CONSTRAINT task_references_source_check
        CHECK (source IN ('branch', 'commit', 'pull_request'));
COMMENT ON TABLE task_references IS
    'Every task id or custom task id that a branch name, a commit message, or the title or head branch of a pull request mentions, whether such a task is known or not';
COMMENT ON COLUMN task_references.object_key IS
    'Name of the branch, sha of the commit, or number of the pull request';
