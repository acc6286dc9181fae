-- Tasks next to the commits, branches and pull requests that are linked with them. Deleted ones are left
-- out, and those without any time.
-- Cost: for one task its links, and one branch, commit or pull request by key for each of them. The
-- newest rows are read by the index on the time of the links. All rows: each table once.
-- A LEFT JOIN of task_overview, as PostgreSQL would read all tasks for the newest rows of an inner one:
-- it looks up a join of many tables by key only if that is on the nullable side. num_nonnulls() is not
-- strict: by IS NOT NULL it would see that both are the same.

CREATE OR REPLACE VIEW task_activity AS
SELECT
    l.workspace_id,
    l.task_id,
    o.name AS task_name,
    o.status,
    o.status_group,
    o.url AS task_url,
    l.source,
    l.repository_id,
    l.object_key,
    CASE l.source
        WHEN 'branch' THEN b.name
        WHEN 'pull_request' THEN p.title
        ELSE pg_catalog.split_part(c.message, E'\n', 1)
    END AS title,
    coalesce(c.sha, p.head_sha) AS sha,
    coalesce(CASE WHEN h.is_own THEN c.author_name END, p.author_login) AS author_name,
    CASE WHEN h.is_own THEN pg_catalog.lower(pg_catalog.btrim(c.author_email)) END AS author_email,
    l.occurred_at,
    l.is_ambiguous,
    l.via,
    l.source = 'commit' AND c.parents -> 1 IS NOT NULL AS is_merge,
    CASE WHEN h.is_own THEN c.authored_at END AS authored_at,
    CASE l.source WHEN 'pull_request' THEN p.url ELSE commit_url(q.host, q.id, c.sha) END AS url,
    q.name AS repository_name
FROM task_links AS l
LEFT JOIN task_overview AS o ON o.workspace_id = l.workspace_id AND o.task_id = l.task_id
LEFT JOIN repositories AS q ON q.id = l.repository_id
LEFT JOIN branches AS b
    ON l.source = 'branch' AND b.repository_id = l.repository_id AND b.name = l.object_key
LEFT JOIN commits AS c
    ON c.repository_id = l.repository_id
    AND c.sha = CASE l.source WHEN 'branch' THEN b.head_sha WHEN 'commit' THEN l.object_key END
LEFT JOIN pull_requests AS p
    ON p.repository_id = l.repository_id
    AND p.number = CASE l.source WHEN 'pull_request' THEN l.object_key::bigint END
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN l.source <> 'branch' THEN true
        ELSE EXISTS (
            SELECT FROM resolved_links AS r
            WHERE r.repository_id = l.repository_id AND r.source = 'commit' AND r.object_key = b.head_sha
                AND r.workspace_id = l.workspace_id AND r.task_id = l.task_id
        ) OR NOT EXISTS (
            SELECT FROM branches AS d
            WHERE d.repository_id = l.repository_id AND d.is_default AND d._sdc_deleted_at IS NULL
        )
    END AS is_own
    OFFSET 0
) AS h
WHERE l.occurred_at IS NOT NULL
    AND pg_catalog.num_nonnulls(o.task_id) <> 0
    AND pg_catalog.num_nonnulls(b._sdc_deleted_at, c._sdc_deleted_at, p._sdc_deleted_at)
        NOT IN (1, 2, 3);
COMMENT ON VIEW task_activity IS
    'Tasks next to the commits, branches and pull requests that are linked with them, one row per pair; a branch shows its newest commit. Rows without any time are left out';
COMMENT ON COLUMN task_activity.title IS
    'Name of the branch, first line of the commit''s message, or title of the pull request';
COMMENT ON COLUMN task_activity.sha IS 'For a branch or pull request its newest commit';
COMMENT ON COLUMN task_activity.author_name IS
    'Author of the commit; for a pull request the login of its author. Null for a branch whose newest commit is not linked with the task, as that of a branch without commits of its own';
COMMENT ON COLUMN task_activity.author_email IS 'Null where author_name is, and for pull requests';
COMMENT ON COLUMN task_activity.occurred_at IS
    'When the commit was made; when the pull request was merged, or else opened';
COMMENT ON COLUMN task_activity.is_ambiguous IS
    'Whether the task is named only by a custom id that several tasks have';
COMMENT ON COLUMN task_activity.source IS 'branch, commit or pull_request';
COMMENT ON COLUMN task_activity.object_key IS
    'Name of the branch, sha of the commit, or number of the pull request';
COMMENT ON COLUMN task_activity.status_group IS 'OPEN, IN_PROGRESS, CLOSED or UNDEFINED';
COMMENT ON COLUMN task_activity.via IS 'How it is linked with the task, as in task_links';
COMMENT ON COLUMN task_activity.is_merge IS 'Whether the row is a commit with several parents';
COMMENT ON COLUMN task_activity.authored_at IS
    'When the commit was written: earlier than occurred_at after a rebase or cherry-pick; null where author_name is, and for pull requests';
COMMENT ON COLUMN task_activity.url IS
    'Address of the pull request, or of the commit at GitHub, GitLab or Bitbucket; null for other hosts';
COMMENT ON COLUMN task_activity.workspace_id IS 'Id of the workspace in ClickUp';
COMMENT ON COLUMN task_activity.task_id IS 'Short id of the task in ClickUp, unique in its workspace';
COMMENT ON COLUMN task_activity.task_name IS 'Present title of the task';
COMMENT ON COLUMN task_activity.status IS 'Its present status, as ClickUp names it';
COMMENT ON COLUMN task_activity.task_url IS 'Address of the task in ClickUp';
COMMENT ON COLUMN task_activity.repository_id IS 'Host, group and name, as in repositories.id';
COMMENT ON COLUMN task_activity.repository_name IS
    'Last part of the address; null until the repository is loaded';
