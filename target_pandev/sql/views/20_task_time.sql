-- Active time in editors by task, person and day. Each interval counts exactly once, so that the sum of
-- all rows is the sum of ide_intervals:
--
-- * branch: to the task that the branch names. Of several ids the first that names a loaded task counts;
--   an id of several tasks names none of them, nor do HEAD and the default branch.
-- * commit: on any other branch, time between the person's previous commit in the repository and a
--   commit that names a task goes to that task. Merges are not work and do not count. An interval is cut
--   at a commit.
-- * none: everything else, without a task.
--
-- A person is an employee with all addresses, or else an address. Of a commit it is that of its author
-- by the repository's .mailmap, as in commit_authors.
-- The repository of an interval is the one of its path, or for heartbeats the only one of its name.
-- Cost: employees and the .mailmap of all repositories, and one lookup per person of the editors. Then for
-- one task its references, the intervals of the branches that they name, and for each commit the one
-- before it and the intervals between both. In full one lookup per commit that names a task, and per
-- interval on a branch that names none. A condition on work_date alone does not leave commits out; one
-- on commit_date does.

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
edited_repositories AS MATERIALIZED (
    SELECT m.repository_id, pg_catalog.array_agg(m.repository_match) AS matches
    FROM repository_matches AS m
    CROSS JOIN LATERAL (
        SELECT
        FROM ide_intervals AS i
        WHERE i.repository_match = m.repository_match
        ORDER BY mail_address(i.email), i.started_at -- by index, also if there is no row
        LIMIT 1
    ) AS i
    GROUP BY m.repository_id
),
known_addresses AS MATERIALIZED (
    SELECT a.address, a.employee_email AS person
    FROM employee_addresses AS a
    WHERE a.employee_email IS NOT NULL
),
replaced_addresses AS MATERIALIZED (
    SELECT r.repository_id, r.email, r.name, coalesce(k.person, r.new_email) AS person
    FROM (
        SELECT m.repository_id, m.email, m.name, mail_address(coalesce(m.new_email, m.email)) AS new_email
        FROM mailmap_entries AS m
        WHERE m.email IS NOT NULL
    ) AS r
    LEFT JOIN known_addresses AS k ON k.address = r.new_email
),
people AS MATERIALIZED (
    -- One row of objects: a value is looked up in an expression, which no plan turns into a join.
    SELECT
        (
            SELECT pg_catalog.jsonb_object_agg(r.repository_id || E'\n' || r.email || E'\n' || r.name, r.person)
            FROM replaced_addresses AS r
            WHERE r.name <> ''
        ) AS by_name,
        (
            SELECT pg_catalog.jsonb_object_agg(r.repository_id || E'\n' || r.email, r.person)
            FROM replaced_addresses AS r
            WHERE r.name = ''
        ) AS by_email,
        (SELECT pg_catalog.jsonb_object_agg(k.address, k.person) FROM known_addresses AS k) AS by_address
),
editor_addresses AS MATERIALIZED (
    -- One lookup in the key of ide_intervals for each address, however many intervals it has.
    WITH RECURSIVE emails AS (
        SELECT pg_catalog.min(i.email) AS email FROM ide_intervals AS i
        UNION ALL
        SELECT (SELECT pg_catalog.min(i.email) FROM ide_intervals AS i WHERE i.email > e.email)
        FROM emails AS e
        WHERE e.email IS NOT NULL
    )

    SELECT DISTINCT e.address, k.person AS employee_email, coalesce(k.person, e.address) AS person
    FROM (
        SELECT coalesce(mail_address(e.email), '') AS address FROM emails AS e WHERE e.email IS NOT NULL
    ) AS e
    LEFT JOIN known_addresses AS k ON k.address = e.address
),
editors AS MATERIALIZED (
    SELECT e.address, e.employee_email, e.person, a.author_addresses
    FROM editor_addresses AS e
    INNER JOIN (
        SELECT a.person, pg_catalog.array_agg(a.address) FILTER (
            WHERE (
                SELECT true
                FROM commits AS c
                WHERE mail_address(c.author_email) = a.address AND c.parents -> 1 IS NULL
                ORDER BY c.repository_id, c.authored_at, c.sha
                LIMIT 1
            )
        ) AS author_addresses
        FROM (
            SELECT k.person, k.address FROM known_addresses AS k
            UNION
            SELECT r.person, mail_address(r.email) FROM replaced_addresses AS r
            UNION
            SELECT e.person, e.address FROM editor_addresses AS e
        ) AS a
        WHERE a.person IN (SELECT e.person FROM editor_addresses AS e)
        GROUP BY a.person
    ) AS a ON a.person = e.person
),
written_commits AS NOT MATERIALIZED (
    SELECT c.repository_id, c.sha, c.authored_at, mail_address(c.author_email) AS author_address,
        coalesce(
            CASE WHEN (SELECT p.by_name FROM people AS p) IS NOT NULL THEN
                (SELECT p.by_name FROM people AS p) ->> (
                    c.repository_id || E'\n' || pg_catalog.lower(pg_catalog.btrim(c.author_email))
                    || E'\n' || pg_catalog.lower(pg_catalog.btrim(c.author_name))
                )
            END,
            (SELECT p.by_email FROM people AS p) ->> (
                c.repository_id || E'\n' || pg_catalog.lower(pg_catalog.btrim(c.author_email))
            ),
            (SELECT p.by_address FROM people AS p) ->> mail_address(c.author_email),
            mail_address(c.author_email)
        ) AS person
    FROM commits AS c
    WHERE c.parents -> 1 IS NULL AND c._sdc_deleted_at IS NULL
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
)
SELECT a.email, a.work_date, a.workspace_id, a.task_id, a.repository_path, a.project, a.branch, a.method,
    pg_catalog.sum(a.active_ms)::bigint AS active_ms, a.employee_email, a.commit_date
FROM (
    SELECT e.person AS email, e.employee_email, i.work_date, n.workspace_id, n.task_id, i.repository_path,
        i.project, i.branch, 'branch'::text AS method, i.active_ms, NULL::date AS commit_date
    FROM branch_tasks AS n
    INNER JOIN ide_intervals AS i
        ON i.branch = n.object_key AND coalesce(i.repository_path, '') = n.repository_id
    INNER JOIN editors AS e ON e.address = coalesce(mail_address(i.email), '')
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
    SELECT e.person, e.employee_email, i.work_date, n.workspace_id, n.task_id, i.repository_path, i.project,
        i.branch, 'commit'::text, i.active_ms, work_date(c.authored_at)
    FROM named_tasks AS n
    INNER JOIN written_commits AS c ON c.repository_id = n.repository_id AND c.sha = n.object_key
    INNER JOIN editors AS e ON e.person = c.person
    INNER JOIN edited_repositories AS m ON m.repository_id = c.repository_id
    LEFT JOIN LATERAL (
        SELECT true AS is_earlier
        FROM named_tasks AS f
        WHERE f.source = 'commit' AND f.repository_id = n.repository_id AND f.object_key = n.object_key
            AND (f.ordinal < n.ordinal OR f.ordinal = n.ordinal AND f.kind > n.kind)
            AND (n.ordinal > 1 OR n.kind <> 'task_id')
        LIMIT 1
    ) AS f ON true
    CROSS JOIN LATERAL (
        SELECT i.work_date, i.repository_path, i.project, i.branch,
            epoch_ms(least(i.ended_at, c.authored_at)) - epoch_ms(greatest(i.started_at, b.authored_at))
                AS active_ms
        FROM (
            SELECT pg_catalog.max(b.authored_at) AS authored_at
            FROM pg_catalog.unnest(e.author_addresses) AS a (address)
            CROSS JOIN LATERAL (
                SELECT b.authored_at
                FROM written_commits AS b
                WHERE b.repository_id = c.repository_id AND b.author_address = a.address
                    AND (b.authored_at, b.sha) < (c.authored_at, c.sha)
                    -- PostgreSQL expects nearly all rows of such a condition, so it reads them in order
                    AND CASE WHEN b.person = c.person THEN 1 ELSE 0 END <> 0
                ORDER BY b.authored_at DESC, b.sha DESC
                LIMIT 1
            ) AS b
        ) AS b
        CROSS JOIN pg_catalog.unnest(m.matches) AS r (repository_match)
        CROSS JOIN LATERAL (
            SELECT i.*
            FROM ide_intervals AS i
            WHERE i.repository_match = r.repository_match AND mail_address(i.email) = e.address
                AND i.started_at < c.authored_at
                AND i.ended_at > coalesce(b.authored_at, '-infinity')
                -- no day has more than 25 hours, which bounds the search in the index
                AND i.started_at > coalesce(b.authored_at, '-infinity') - interval '25 hours'
            OFFSET 0
        ) AS i
        LEFT JOIN LATERAL (
            SELECT true AS is_named
            FROM branch_tasks AS n
            WHERE n.repository_id = coalesce(i.repository_path, '') AND n.object_key = i.branch
            LIMIT 1
        ) AS n ON true
        WHERE n.is_named IS NULL
        OFFSET 0
    ) AS i
    WHERE n.source = 'commit' AND f.is_earlier IS NULL
    UNION ALL
    SELECT e.person, e.employee_email, i.work_date, NULL::text, NULL::text, i.repository_path, i.project,
        i.branch, 'none'::text, i.active_ms - coalesce(w.active_ms, 0)::bigint, NULL::date
    FROM ide_intervals AS i
    INNER JOIN editors AS e ON e.address = coalesce(mail_address(i.email), '')
    LEFT JOIN repository_matches AS m ON m.repository_match = i.repository_match
    LEFT JOIN LATERAL (
        SELECT true AS is_named
        FROM branch_tasks AS n
        WHERE n.repository_id = coalesce(i.repository_path, '') AND n.object_key = i.branch
        LIMIT 1
    ) AS n ON true
    LEFT JOIN LATERAL (
        SELECT pg_catalog.sum(w.active_ms) AS active_ms
        FROM (
            -- Per address the commits in the interval and the next one after it, each with the time before
            -- it: of all commits after the interval only the first has any.
            SELECT c.sha,
                epoch_ms(least(i.ended_at, c.authored_at)) - epoch_ms(greatest(
                    i.started_at, pg_catalog.lag(c.authored_at) OVER (ORDER BY c.authored_at, c.sha)
                )) AS active_ms
            FROM pg_catalog.unnest(e.author_addresses) AS a (address)
            CROSS JOIN LATERAL (
                SELECT c.authored_at, c.sha
                FROM written_commits AS c
                WHERE c.repository_id = m.repository_id
                    AND c.author_address = a.address
                    AND c.authored_at > i.started_at AND c.authored_at < i.ended_at
                    AND CASE WHEN c.person = e.person THEN 1 ELSE 0 END <> 0
                UNION ALL
                (
                    SELECT c.authored_at, c.sha
                    FROM written_commits AS c
                    WHERE c.repository_id = m.repository_id
                        AND c.author_address = a.address
                        AND c.authored_at >= i.ended_at
                        AND CASE WHEN c.person = e.person THEN 1 ELSE 0 END <> 0
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
        WHERE w.active_ms > 0
    ) AS w ON true
    WHERE n.is_named IS NULL
) AS a
GROUP BY a.email, a.employee_email, a.work_date, a.workspace_id, a.task_id, a.repository_path, a.project,
    a.branch, a.method, a.commit_date
HAVING pg_catalog.sum(a.active_ms) > 0;
COMMENT ON VIEW task_time IS
    'Active time in editors by person, day, task, branch and date of the commit that it was attributed by. Time that belongs to no task is a row of its own, so that the sum over all rows is the total active time';
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
COMMENT ON COLUMN task_time.email IS
    'The person: key of the employee, or without one the address in the form of mail_address()';
COMMENT ON COLUMN task_time.employee_email IS
    'Key of the employee; null if no employee has the address, or several';
COMMENT ON COLUMN task_time.commit_date IS
    'Date of the commit that names the task, never before work_date; null for other methods. A condition on it leaves earlier commits out before their time is looked up';
