-- Tasks next to the commits, branches and pull requests that name them. Deleted ones are left out.
-- Cost: for one task its references, and one branch, commit or pull request by key for each of them.

CREATE OR REPLACE VIEW task_activity AS
SELECT
    o.workspace_id,
    o.task_id,
    o.name AS task_name,
    o.status,
    o.status_group,
    o.url AS task_url,
    r.source,
    r.repository_id,
    r.object_key,
    CASE r.source
        WHEN 'branch' THEN b.name
        WHEN 'pull_request' THEN p.title
        ELSE pg_catalog.split_part(c.message, E'\n', 1)
    END AS title,
    coalesce(c.sha, p.head_sha) AS sha,
    coalesce(c.author_name, p.author_login) AS author_name,
    pg_catalog.lower(pg_catalog.btrim(c.author_email)) AS author_email,
    coalesce(c.committed_at, p.merged_at, p.created_at) AS occurred_at,
    r.is_ambiguous
FROM (
    SELECT workspace_id, task_id, source, repository_id, object_key,
        pg_catalog.bool_and(is_ambiguous) AS is_ambiguous
    FROM resolved_task_references
    GROUP BY workspace_id, task_id, source, repository_id, object_key
) AS r
INNER JOIN task_overview AS o ON o.workspace_id = r.workspace_id AND o.task_id = r.task_id
LEFT JOIN branches AS b
    ON r.source = 'branch' AND b.repository_id = r.repository_id AND b.name = r.object_key
LEFT JOIN commits AS c
    ON c.repository_id = r.repository_id
    AND c.sha = CASE r.source WHEN 'branch' THEN b.head_sha WHEN 'commit' THEN r.object_key END
LEFT JOIN pull_requests AS p
    ON p.repository_id = r.repository_id
    AND p.number = CASE r.source WHEN 'pull_request' THEN r.object_key::bigint END
WHERE r.source <> 'ide_branch'
    AND b._sdc_deleted_at IS NULL AND c._sdc_deleted_at IS NULL AND p._sdc_deleted_at IS NULL;
COMMENT ON VIEW task_activity IS
    'Tasks next to the commits, branches and pull requests that name them, one row per pair; a branch shows its newest commit';
COMMENT ON COLUMN task_activity.title IS
    'Name of the branch, first line of the commit''s message, or title of the pull request';
COMMENT ON COLUMN task_activity.sha IS 'For a branch or pull request its newest commit';
COMMENT ON COLUMN task_activity.author_name IS
    'Author of the commit; for a pull request the login of its author';
COMMENT ON COLUMN task_activity.occurred_at IS
    'When the commit was made; when the pull request was merged, or else opened';
COMMENT ON COLUMN task_activity.is_ambiguous IS
    'Whether the task is named only by a custom id that several tasks have';
COMMENT ON COLUMN task_activity.source IS 'branch, commit or pull_request';
COMMENT ON COLUMN task_activity.object_key IS
    'Name of the branch, sha of the commit, or number of the pull request';
COMMENT ON COLUMN task_activity.status_group IS 'OPEN, IN_PROGRESS, CLOSED or UNDEFINED';
