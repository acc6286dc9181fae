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
INSERT INTO ide_intervals
    (email, work_date, started_at, ended_at, repository_path, branch, project, active_ms)
SELECT d.email, d.work_date, i.started_at, i.ended_at, i.repository_path, i.branch, i.project,
    epoch_ms(i.ended_at) - epoch_ms(i.started_at)
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
