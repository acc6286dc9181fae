-- Derive the intervals of some days of employees from their events, of which none may be stored.
--
-- * All sources of a person in order of time; of simultaneous events the last one counts, and that is
--   one with a branch if there is any. The order is total, so that the result depends on the events
--   alone and not on the order in which they arrived.
-- * A gap of up to 900 s counts for the context of the earlier event, a longer one not at all.
-- * What begins before the day or ends after it is cut: each day is derived on its own, from its events
--   and those of 900 s around it.
-- * Adjacent gaps of one context are one interval: it begins with the first of them, and ends with the
--   last one before the next interval begins.
-- * An interval is cut at commits of the person in its repository, and leads to the next one. A person has
--   all addresses of an employee, in editors and in commits. Merges are not work.
WITH derived AS MATERIALIZED (
    SELECT d.email, d.work_date, i.started_at, i.ended_at, i.repository_path, i.branch, i.project
    FROM (
        SELECT d.email, d.work_date,
            d.work_date::timestamp AT TIME ZONE r.time_zone AS starts_at,
            (d.work_date + 1)::timestamp AT TIME ZONE r.time_zone AS ends_at
        FROM ROWS FROM (
            pg_catalog.unnest(%(emails)s::text[]),
            pg_catalog.unnest(%(days)s::text[]::date[])
        ) AS d (email, work_date)
        CROSS JOIN reporting AS r
    ) AS d
    CROSS JOIN LATERAL (
        SELECT g.started_at, g.repository_path, g.branch, g.project,
            coalesce(pg_catalog.lead(g.previous_end) OVER (ORDER BY g.occurred_at), g.last_end) AS ended_at
        FROM (
            SELECT g.*,
                pg_catalog.lag(g.ended_at) OVER in_order AS previous_end,
                pg_catalog.max(g.ended_at) OVER () AS last_end,
                coalesce(pg_catalog.lag(g.ended_at) OVER in_order < g.started_at, true)
                    OR pg_catalog.lag(g.repository_path) OVER in_order IS DISTINCT FROM g.repository_path
                    OR pg_catalog.lag(g.branch) OVER in_order IS DISTINCT FROM g.branch
                    OR pg_catalog.lag(g.project) OVER in_order IS DISTINCT FROM g.project AS is_first
            FROM (
                SELECT e.occurred_at, e.repository_path, e.branch, e.project,
                    greatest(e.occurred_at, d.starts_at) AS started_at,
                    least(e.next_at, d.ends_at) AS ended_at
                FROM (
                    SELECT e.occurred_at, e.repository_path, e.branch, e.project,
                        pg_catalog.lead(e.occurred_at) OVER (
                            ORDER BY e.occurred_at, e.branch IS NOT NULL,
                                e.source COLLATE pg_catalog."C", e.event_hash COLLATE pg_catalog."C"
                        ) AS next_at
                    FROM ide_events AS e
                    WHERE e.email = d.email
                        AND e.occurred_at >= d.starts_at - interval '900 s'
                        AND e.occurred_at <= d.ends_at + interval '900 s'
                        AND e._sdc_deleted_at IS NULL
                ) AS e
                WHERE e.next_at > e.occurred_at
                    AND e.next_at <= e.occurred_at + interval '900 s'
                    AND e.next_at > d.starts_at
                    AND e.occurred_at < d.ends_at
            ) AS g
            WINDOW in_order AS (ORDER BY g.occurred_at)
        ) AS g
        WHERE g.is_first
    ) AS i
),
editors AS MATERIALIZED (
    SELECT d.email, a.employee_email, coalesce(a.employee_email, mail_address(d.email)) AS person
    FROM (SELECT DISTINCT d.email FROM derived AS d) AS d
    LEFT JOIN employee_addresses AS a ON a.address = mail_address(d.email)
),
authors AS MATERIALIZED (
    SELECT e.email, g.repository_id, pg_catalog.array_agg(g.identity) AS identities
    FROM editors AS e
    INNER JOIN git_people AS g ON g.person = e.person
    GROUP BY e.email, g.repository_id
),
editor_repositories AS MATERIALIZED ({editor_repositories})
INSERT INTO ide_intervals
    (email, work_date, started_at, ended_at, repository_path, branch, project, active_ms, employee_email,
    repository_id, commit_sha, commit_at)
SELECT i.email, i.work_date, s.started_at, s.ended_at, i.repository_path, i.branch, i.project,
    epoch_ms(s.ended_at) - epoch_ms(s.started_at), e.employee_email, m.repository_id, s.sha,
    CASE WHEN s.sha IS NOT NULL THEN s.authored_at END
FROM derived AS i
INNER JOIN editors AS e ON e.email = i.email
LEFT JOIN editor_repositories AS m ON m.repository_match = CASE
    WHEN i.repository_path IS NOT NULL THEN 'path ' || pg_catalog.lower(i.repository_path)
    WHEN i.project IS NOT NULL THEN 'name ' || pg_catalog.lower(i.project)
END
LEFT JOIN authors AS a ON a.email = i.email AND a.repository_id = m.repository_id
CROSS JOIN LATERAL (
    SELECT c.sha, c.authored_at, least(c.authored_at, i.ended_at) AS ended_at,
        coalesce(pg_catalog.lag(c.authored_at) OVER (ORDER BY c.authored_at, c.sha), i.started_at)
            AS started_at
    FROM (
        SELECT 'infinity'::timestamptz AS authored_at, NULL::text AS sha
        UNION ALL
        SELECT c.authored_at, c.sha
        FROM pg_catalog.unnest(a.identities) AS a (identity)
        CROSS JOIN LATERAL (
            SELECT c.authored_at, c.sha
            FROM commits AS c
            WHERE c.author_identity = a.identity
                AND c.authored_at > i.started_at AND c.authored_at < i.ended_at
                AND c.parents -> 1 IS NULL AND c._sdc_deleted_at IS NULL
            UNION ALL
            (
                SELECT c.authored_at, c.sha
                FROM commits AS c
                WHERE c.author_identity = a.identity AND c.authored_at >= i.ended_at
                    AND c.parents -> 1 IS NULL AND c._sdc_deleted_at IS NULL
                ORDER BY c.authored_at, c.sha
                LIMIT 1
            )
        ) AS c
    ) AS c
) AS s
WHERE s.started_at < s.ended_at
