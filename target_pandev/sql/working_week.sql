-- Derive the week of working_calendar from reporting.
WITH days AS (
    SELECT d.number, (d.number = ANY (r.working_days))::integer::bigint AS works,
        (extract(EPOCH FROM r.opens_at) * 1000)::bigint AS opens,
        (extract(EPOCH FROM r.closes_at - r.opens_at) * 1000)::bigint AS length
    FROM reporting AS r
    CROSS JOIN pg_catalog.generate_series(1, 7) AS d (number)
), sums AS (
    SELECT d.*, pg_catalog.sum(d.works) OVER (ORDER BY d.number) - d.works AS before
    FROM days AS d
), parts AS (
    SELECT
        pg_catalog.array_agg(
            (s.before * s.length - s.works * s.opens)::bigint ORDER BY s.number
        ) AS before,
        pg_catalog.array_agg(s.works ORDER BY s.number) AS works,
        pg_catalog.sum(s.works * s.length)::bigint AS week
    FROM sums AS s
)
INSERT INTO working_calendar (part, numbers)
SELECT v.part, v.numbers
FROM parts
CROSS JOIN LATERAL (
    VALUES
        ('week_before', parts.before),
        ('week_works', parts.works),
        ('week', ARRAY[parts.week])
) AS v (part, numbers)
ON CONFLICT (part) DO UPDATE SET numbers = excluded.numbers
