-- Commits that neither name a task that exists nor are linked with one by their history. Those that do not
-- count in reports, which are merges and those of bots by default, are left out, as are deleted ones.
-- Cost: for one commit its row, and its references and links by key. The newest rows are read by the index
-- on committed_at. All rows: all commits and task_links.

CREATE OR REPLACE VIEW unlinked_commits AS
SELECT c.repository_id, q.name AS repository_name, c.sha,
    pg_catalog.split_part(c.message, E'\n', 1) AS title,
    c.author_name, pg_catalog.lower(pg_catalog.btrim(c.author_email)) AS author_email,
    c.authored_at, c.committed_at,
    EXISTS (
        SELECT
        FROM task_references AS r
        WHERE r.source = 'commit' AND r.repository_id = c.repository_id AND r.object_key = c.sha
            AND r.kind = 'task_id'
    ) AS names_unknown_task,
    commit_url(q.host, q.id, c.sha) AS url
FROM commits AS c
LEFT JOIN repositories AS q ON q.id = c.repository_id
WHERE c._sdc_deleted_at IS NULL AND is_counted_commit(c.parents, c.author_name, c.author_email)
    AND NOT EXISTS (
        SELECT
        FROM task_links AS l
        WHERE l.source = 'commit' AND l.repository_id = c.repository_id AND l.object_key = c.sha
    );
COMMENT ON VIEW unlinked_commits IS
    'Commits without a task: those of link_coverage that are neither linked nor linked_by_history';
COMMENT ON COLUMN unlinked_commits.repository_id IS 'Host, group and name, as in repositories.id';
COMMENT ON COLUMN unlinked_commits.repository_name IS
    'Last part of the address; null until the repository is loaded';
COMMENT ON COLUMN unlinked_commits.sha IS 'Id of the commit';
COMMENT ON COLUMN unlinked_commits.title IS 'First line of its message';
COMMENT ON COLUMN unlinked_commits.author_name IS 'As recorded; commit_authors has the name by .mailmap';
COMMENT ON COLUMN unlinked_commits.author_email IS 'As recorded, in lower case';
COMMENT ON COLUMN unlinked_commits.authored_at IS 'When it was written';
COMMENT ON COLUMN unlinked_commits.committed_at IS
    'When it was made: later than authored_at after a rebase or cherry-pick';
COMMENT ON COLUMN unlinked_commits.names_unknown_task IS
    'Whether its message names ids of tasks, none of which exists, as unknown_only in link_coverage';
COMMENT ON COLUMN unlinked_commits.url IS
    'Address of the commit at GitHub, GitLab or Bitbucket; null for other hosts';
