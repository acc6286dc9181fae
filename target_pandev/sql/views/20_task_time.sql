-- Active time in editors by task, person and day. Each interval counts exactly once, so that the sum of
-- all rows is the sum of ide_intervals:
--
-- * branch: to the task that the branch names. Of several ids the first that names a loaded task counts;
--   an id of several tasks names none of them, nor do HEAD and the default branch.
-- * commit: on any other branch, time between the person's previous commit in the repository and a
--   commit that names a task goes to that task. Commits have the person's e-mail address as their
--   author's; merges are not work and do not count. An interval is cut at a commit.
-- * none: everything else, without a task.
--
-- The repository of an interval is the one of its path, or for heartbeats the only one of its name.
-- Cost: for one task its references, the intervals of the branches that they name, and for each commit
-- the one before it and the intervals between both. In full one lookup per commit that names a task,
-- and per interval on a branch that names none.

CREATE OR REPLACE VIEW task_time AS
WITH repository_matches AS MATERIALIZED (
    SELECT 'path ' || pg_catalog.lower(p.path) AS repository_match, pg_catalog.min(p.id) AS repository_id
    FROM repositories AS p
    WHERE p.path IS NOT NULL
    GROUP BY 1
    UNION ALL
    SELECT 'name ' || pg_catalog.lower(p.name), pg_catalog.min(p.id)
    FROM repositories AS p
    WHERE p.name IS NOT NULL
    GROUP BY 1
    HAVING pg_catalog.count(*) = 1
),
named_tasks AS NOT MATERIALIZED (
    -- Without the view resolved_task_references, whose parts PostgreSQL would not look up by index.
    SELECT r.source, r.repository_id, r.object_key, r.kind, r.ordinal, k.workspace_id, k.task_id
    FROM task_references AS r
    INNER JOIN (
        SELECT t.workspace_id, t.id AS task_id, t.id AS reference, false AS is_custom, t.custom_id,
            t._sdc_deleted_at
        FROM tasks AS t
        UNION ALL
        SELECT t.workspace_id, t.id, pg_catalog.upper(t.custom_id), true, t.custom_id, t._sdc_deleted_at
        FROM tasks AS t
    ) AS k
        ON k.reference = r.reference AND k.is_custom = (r.kind = 'custom_id')
        AND NOT coalesce(k.workspace_id <> r.workspace_id, false)
    WHERE k._sdc_deleted_at IS NULL AND (NOT k.is_custom OR k.custom_id IS NOT NULL)
        AND NOT EXISTS (
            SELECT FROM tasks AS t
            WHERE t.id = k.task_id AND t.workspace_id <> k.workspace_id AND t._sdc_deleted_at IS NULL
        )
        AND NOT (k.is_custom AND EXISTS (
            SELECT FROM tasks AS t
            WHERE pg_catalog.upper(t.custom_id) = r.reference
                AND t.custom_id IS NOT NULL
                AND t._sdc_deleted_at IS NULL
                AND (r.workspace_id IS NULL OR t.workspace_id = r.workspace_id)
                AND (t.workspace_id, t.id) <> (k.workspace_id, k.task_id)
        ))
),
branch_tasks AS NOT MATERIALIZED (
    SELECT n.*
    FROM named_tasks AS n
    WHERE n.source = 'ide_branch' AND n.object_key <> 'HEAD'
        AND NOT EXISTS (
            SELECT FROM repositories AS p
            WHERE pg_catalog.lower(p.path) = pg_catalog.lower(n.repository_id)
                AND p.default_branch = n.object_key
        )
),
unnamed_intervals AS NOT MATERIALIZED (
    SELECT i.*
    FROM ide_intervals AS i
    LEFT JOIN LATERAL (
        SELECT true AS is_named
        FROM branch_tasks AS n
        WHERE n.repository_id = coalesce(i.repository_path, '') AND n.object_key = i.branch
        LIMIT 1
    ) AS n ON true
    WHERE n.is_named IS NULL
)
SELECT a.email, a.work_date, a.workspace_id, a.task_id, a.repository_path, a.project, a.branch, a.method,
    pg_catalog.sum(a.active_ms)::bigint AS active_ms
FROM (
    SELECT i.email, i.work_date, n.workspace_id, n.task_id, i.repository_path, i.project, i.branch,
        'branch'::text AS method, i.active_ms
    FROM branch_tasks AS n
    INNER JOIN ide_intervals AS i
        ON i.branch = n.object_key AND coalesce(i.repository_path, '') = n.repository_id
    LEFT JOIN LATERAL (
        SELECT true AS is_earlier
        FROM branch_tasks AS f
        WHERE f.repository_id = n.repository_id AND f.object_key = n.object_key
            AND (f.ordinal < n.ordinal OR f.ordinal = n.ordinal AND f.kind > n.kind)
            AND (n.ordinal > 1 OR n.kind <> 'task_id') -- most ids are the first, which costs nothing
        LIMIT 1
    ) AS f ON true
    WHERE f.is_earlier IS NULL
    UNION ALL
    SELECT i.email, i.work_date, n.workspace_id, n.task_id, i.repository_path, i.project, i.branch,
        'commit'::text,
        epoch_ms(least(i.ended_at, c.authored_at)) - epoch_ms(greatest(i.started_at, b.authored_at))
    FROM named_tasks AS n
    INNER JOIN commits AS c ON c.repository_id = n.repository_id AND c.sha = n.object_key
    INNER JOIN repository_matches AS m ON m.repository_id = c.repository_id
    LEFT JOIN LATERAL (
        SELECT b.authored_at
        FROM commits AS b
        WHERE b.repository_id = c.repository_id
            AND pg_catalog.lower(pg_catalog.btrim(b.author_email)) = pg_catalog.lower(pg_catalog.btrim(c.author_email))
            AND (b.authored_at, b.sha) < (c.authored_at, c.sha)
            AND b.parents -> 1 IS NULL AND b._sdc_deleted_at IS NULL
        ORDER BY b.authored_at DESC, b.sha DESC
        LIMIT 1
    ) AS b ON true
    INNER JOIN unnamed_intervals AS i
        ON i.repository_match = m.repository_match
        AND i.email = pg_catalog.lower(pg_catalog.btrim(c.author_email))
        AND i.started_at < c.authored_at
        AND i.ended_at > coalesce(b.authored_at, '-infinity')
        -- no day has more than 25 hours, which bounds the search in the index
        AND i.started_at > coalesce(b.authored_at, '-infinity') - interval '25 hours'
    LEFT JOIN LATERAL (
        SELECT true AS is_earlier
        FROM named_tasks AS f
        WHERE f.source = 'commit' AND f.repository_id = n.repository_id AND f.object_key = n.object_key
            AND (f.ordinal < n.ordinal OR f.ordinal = n.ordinal AND f.kind > n.kind)
            AND (n.ordinal > 1 OR n.kind <> 'task_id')
        LIMIT 1
    ) AS f ON true
    WHERE n.source = 'commit' AND f.is_earlier IS NULL
        AND c.parents -> 1 IS NULL AND c._sdc_deleted_at IS NULL
    UNION ALL
    SELECT i.email, i.work_date, NULL::text, NULL::text, i.repository_path, i.project, i.branch,
        'none'::text, i.active_ms - coalesce(w.active_ms, 0)::bigint
    FROM unnamed_intervals AS i
    LEFT JOIN repository_matches AS m ON m.repository_match = i.repository_match
    LEFT JOIN LATERAL (
        -- The commits in the interval and the next one after it, each with the time before it.
        SELECT pg_catalog.sum(w.active_ms) AS active_ms
        FROM (
            SELECT c.sha,
                epoch_ms(least(i.ended_at, c.authored_at)) - epoch_ms(greatest(
                    i.started_at, pg_catalog.lag(c.authored_at) OVER (ORDER BY c.authored_at, c.sha)
                )) AS active_ms
            FROM (
                SELECT c.authored_at, c.sha
                FROM commits AS c
                WHERE c.repository_id = m.repository_id
                    AND pg_catalog.lower(pg_catalog.btrim(c.author_email)) = i.email
                    AND c.authored_at > i.started_at AND c.authored_at < i.ended_at
                    AND c.parents -> 1 IS NULL AND c._sdc_deleted_at IS NULL
                UNION ALL
                (
                    SELECT c.authored_at, c.sha
                    FROM commits AS c
                    WHERE c.repository_id = m.repository_id
                        AND pg_catalog.lower(pg_catalog.btrim(c.author_email)) = i.email
                        AND c.authored_at >= i.ended_at
                        AND c.parents -> 1 IS NULL AND c._sdc_deleted_at IS NULL
                    ORDER BY c.authored_at, c.sha
                    LIMIT 1
                )
            ) AS c
        ) AS w
        -- not EXISTS, which would be a join with all commits that name a task, for each interval
        CROSS JOIN LATERAL (
            SELECT FROM named_tasks AS n
            WHERE n.source = 'commit' AND n.repository_id = m.repository_id AND n.object_key = w.sha
            LIMIT 1
        ) AS n
    ) AS w ON true
) AS a
GROUP BY a.email, a.work_date, a.workspace_id, a.task_id, a.repository_path, a.project, a.branch, a.method
HAVING pg_catalog.sum(a.active_ms) > 0;
COMMENT ON VIEW task_time IS
    'Active time in editors by person, day, task and branch. Time that belongs to no task is a row of its own, so that the sum over all rows is the total active time';
COMMENT ON COLUMN task_time.email IS 'Address of the person, as in ide_intervals';
COMMENT ON COLUMN task_time.workspace_id IS 'Null for time without a task';
COMMENT ON COLUMN task_time.project IS
    'Name of the project in the editor; null if it is not known';
COMMENT ON COLUMN task_time.branch IS 'The branch that was checked out; null if it is not known';
COMMENT ON COLUMN task_time.work_date IS 'Date in the time zone of reports';
COMMENT ON COLUMN task_time.task_id IS 'Null for time without a task';
COMMENT ON COLUMN task_time.repository_path IS 'Null for heartbeats, which only name a project';
COMMENT ON COLUMN task_time.method IS
    'branch: the name of the branch has the task''s id; commit: the person''s next commit in the repository names the task; none: neither';
COMMENT ON COLUMN task_time.active_ms IS 'Active time in milliseconds';
