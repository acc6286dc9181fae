-- Derive the periods of working_calendar from reporting and reporting_holidays, once its week is up to date.
-- A clock change is found where the offset of two days differs, then by hour, minute and second.
-- Before 1970 and after 2100 no clock changes.
WITH zone AS (
    SELECT time_zone AS name FROM reporting
), changes AS (
    SELECT to_second.at
    FROM zone
    CROSS JOIN LATERAL (
        SELECT d.at - interval '1 day' AS after, d.at AS before,
            pg_catalog.lag(d.at AT TIME ZONE zone.name - d.at AT TIME ZONE 'UTC')
                OVER (ORDER BY d.at) AS utc_offset,
            d.at AT TIME ZONE zone.name - d.at AT TIME ZONE 'UTC' AS new_offset
        FROM pg_catalog.generate_series(
            timestamptz '1970-01-01 00:00Z', timestamptz '2100-01-01 00:00Z', interval '1 day'
        ) AS d (at)
    ) AS by_day
    CROSS JOIN LATERAL (
        SELECT pg_catalog.min(h.at) AS at
        FROM pg_catalog.generate_series(by_day.after, by_day.before, interval '1 hour') AS h (at)
        WHERE h.at AT TIME ZONE zone.name - h.at AT TIME ZONE 'UTC' <> by_day.utc_offset
    ) AS to_hour
    CROSS JOIN LATERAL (
        SELECT pg_catalog.min(m.at) AS at
        FROM pg_catalog.generate_series(
            to_hour.at - interval '1 hour', to_hour.at, interval '1 minute'
        ) AS m (at)
        WHERE m.at AT TIME ZONE zone.name - m.at AT TIME ZONE 'UTC' <> by_day.utc_offset
    ) AS to_minute
    CROSS JOIN LATERAL (
        SELECT pg_catalog.min(s.at) AS at
        FROM pg_catalog.generate_series(
            to_minute.at - interval '1 minute', to_minute.at, interval '1 second'
        ) AS s (at)
        WHERE s.at AT TIME ZONE zone.name - s.at AT TIME ZONE 'UTC' <> by_day.utc_offset
    ) AS to_second
    WHERE by_day.utc_offset <> by_day.new_offset
), starts AS (
    SELECT changes.at FROM changes
    UNION
    SELECT (h.day + days.number)::timestamp AT TIME ZONE zone.name
    FROM zone, reporting_holidays AS h
    CROSS JOIN (VALUES (0), (1)) AS days (number)
), known AS (
    SELECT starts.at, starts.at AT TIME ZONE zone.name AS local_time,
        starts.at AT TIME ZONE zone.name - starts.at AT TIME ZONE 'UTC' AS utc_offset
    FROM zone, starts
    UNION ALL
    -- Python has no times before the year 1, nor -infinity.
    SELECT timestamptz '0001-01-02 00:00Z', NULL,
        timestamp '1970-01-01' AT TIME ZONE 'UTC' AT TIME ZONE zone.name - timestamp '1970-01-01'
    FROM zone
), periods AS (
    SELECT known.*,
        CASE
            WHEN EXISTS (SELECT FROM reporting_holidays AS h WHERE h.day = known.local_time::date)
                THEN 0
            ELSE 1
        END AS factor
    FROM known
), gains AS (
    SELECT p.*, coalesce(p.factor * week_working_ms(p.local_time), 0) AS at_start,
        p.factor * week_working_ms(
            pg_catalog.lead(p.at) OVER (ORDER BY p.at) AT TIME ZONE p.utc_offset
        ) AS at_end
    FROM periods AS p
), sums AS (
    SELECT g.*,
        coalesce(
            pg_catalog.sum(g.at_end - g.at_start) OVER (
                ORDER BY g.at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ),
            0
        )::bigint - g.at_start AS sum
    FROM gains AS g
), parts AS (
    SELECT
        pg_catalog.array_agg(s.at ORDER BY s.at) AS times,
        pg_catalog.array_agg(s.utc_offset ORDER BY s.at) AS offsets,
        pg_catalog.array_agg(s.factor::bigint ORDER BY s.at) AS factors,
        pg_catalog.array_agg(s.sum ORDER BY s.at) AS sums
    FROM sums AS s
)
INSERT INTO working_calendar (part, numbers, times, offsets)
SELECT v.part, v.numbers, v.times, v.offsets
FROM parts
CROSS JOIN LATERAL (
    VALUES
        ('periods', NULL, parts.times, parts.offsets),
        ('period_factors', parts.factors, NULL, NULL),
        ('period_sums', parts.sums, NULL, NULL)
) AS v (part, numbers, times, offsets)
ON CONFLICT (part) DO UPDATE
SET numbers = excluded.numbers, times = excluded.times, offsets = excluded.offsets
