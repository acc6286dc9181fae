-- What links tasks with commits, branches and pull requests, one row per pair: what names the task, or
-- else the history (inherited_references). Of several references the nearest counts: what names the
-- task itself before the history, and an id before a bare id and a custom id.
-- Cost: for one task two index lookups, by id and by custom id. The newest rows are read by the index on
-- occurred_at; for each of them one lookup of its object. All rows: all references twice.
-- The parts of the UNIONs have no conditions of their own: PostgreSQL would not look them up by index.
-- It knows nothing of their values: for IS NULL it would expect 1 of 200 rows, hence NOT coalesce; and
-- 1 of 200 pairs to be equal, far too many with 100,000 tasks, hence two conditions for the reference.

CREATE OR REPLACE VIEW task_links AS
SELECT l.repository_id, l.source, l.object_key, l.via, l.kind, l.reference, l.ordinal,
    k.workspace_id, k.task_id, l.occurred_at,
    CASE l.kind
        WHEN 'custom_id' THEN EXISTS (
            SELECT FROM tasks AS other
            WHERE pg_catalog.upper(other.custom_id) = l.reference
                AND other.custom_id IS NOT NULL
                AND other._sdc_deleted_at IS NULL
                AND (l.workspace_id IS NULL OR other.workspace_id = l.workspace_id)
                AND (other.workspace_id, other.id) <> (k.workspace_id, k.task_id)
        )
        ELSE false
    END AS is_ambiguous
FROM (
    SELECT r.repository_id, r.source, r.object_key, r.source AS via, r.kind, r.reference,
        r.workspace_id, r.ordinal, r.occurred_at, r.kind <> 'task_id' AS may_be_second, true AS is_nearest
    FROM task_references AS r
    UNION ALL
    SELECT i.repository_id, 'commit', i.sha, i.via, i.kind, i.reference, i.workspace_id, i.ordinal,
        i.occurred_at, true, i.is_nearest
    FROM inherited_references AS i
) AS l
INNER JOIN (
    SELECT t.workspace_id, t.id AS task_id, t.id AS reference, false AS is_custom, t.custom_id,
        t._sdc_deleted_at
    FROM tasks AS t
    UNION ALL
    SELECT t.workspace_id, t.id, pg_catalog.upper(t.custom_id), true, t.custom_id, t._sdc_deleted_at
    FROM tasks AS t
) AS k
    ON k.reference = l.reference AND k.reference IS NOT DISTINCT FROM l.reference
    AND k.is_custom = (l.kind = 'custom_id')
    AND NOT coalesce(k.workspace_id <> l.workspace_id, false)
WHERE l.is_nearest AND l.source <> 'ide_branch'
    AND k._sdc_deleted_at IS NULL AND (NOT k.is_custom OR k.custom_id IS NOT NULL)
    AND NOT EXISTS (
        SELECT
        FROM (
            SELECT r.repository_id, r.source, r.object_key, r.kind, r.reference, r.workspace_id,
                true AS is_nearest, 0 AS distance
            FROM task_references AS r
            UNION ALL
            SELECT i.repository_id, 'commit', i.sha, i.kind, i.reference, i.workspace_id, i.is_nearest, 1
            FROM inherited_references AS i
        ) AS o
        WHERE l.may_be_second
            AND o.repository_id = l.repository_id AND o.source = l.source AND o.object_key = l.object_key
            AND o.is_nearest
            AND o.reference = CASE o.kind WHEN 'custom_id' THEN pg_catalog.upper(k.custom_id) ELSE k.task_id END
            AND (o.workspace_id IS NULL OR o.workspace_id = k.workspace_id)
            AND (o.distance, CASE o.kind WHEN 'task_id' THEN 0 WHEN 'bare_id' THEN 1 ELSE 2 END)
            < (
                CASE WHEN l.via = l.source THEN 0 ELSE 1 END,
                CASE l.kind WHEN 'task_id' THEN 0 WHEN 'bare_id' THEN 1 ELSE 2 END
            )
    );
COMMENT ON VIEW task_links IS
    'Tasks with the commits, branches and pull requests that name them, and the commits that the history links with them; deleted ones are not left out here';
COMMENT ON COLUMN task_links.source IS 'commit, branch or pull_request';
COMMENT ON COLUMN task_links.ordinal IS 'Place of the id among those of its text, from 1';
COMMENT ON COLUMN task_links.object_key IS
    'Name of the branch, sha of the commit, or number of the pull request, as source says';
COMMENT ON COLUMN task_links.via IS
    'commit, branch or pull_request: it names the task itself; a commit also pull_request: it is the merge or squash of one that names the task; merge: it came in by a merge commit or pull request that names the task; branch_graph: it stands on a branch that names the task, and not on the default branch';
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
