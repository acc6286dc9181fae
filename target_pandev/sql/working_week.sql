-- Derive the week of working_calendar from reporting.
WITH days AS (
    SELECT
        (d.number - 1) * 86400000 + (extract(EPOCH FROM r.opens_at) * 1000)::bigint AS starts_at,
        (extract(EPOCH FROM r.closes_at - r.opens_at) * 1000)::bigint AS length,
        pg_catalog.row_number() OVER (ORDER BY d.number) AS place
    FROM reporting AS r
    CROSS JOIN LATERAL (SELECT DISTINCT pg_catalog.unnest(r.working_days)) AS d (number)
), parts AS (
    SELECT
        pg_catalog.array_agg(d.starts_at ORDER BY d.place) AS starts,
        pg_catalog.array_agg(d.starts_at - (d.place - 1) * d.length ORDER BY d.place) AS lags,
        pg_catalog.array_agg(d.place * d.length ORDER BY d.place) AS sums,
        pg_catalog.max(d.place * d.length) AS week
    FROM days AS d
)
INSERT INTO working_calendar (part, numbers)
SELECT v.part, v.numbers
FROM parts
CROSS JOIN LATERAL (
    VALUES
        ('week_starts', parts.starts),
        ('week_lags', 0::bigint || parts.lags),
        ('week_sums', 0::bigint || parts.sums),
        ('week', ARRAY[parts.week])
) AS v (part, numbers)
ON CONFLICT (part) DO UPDATE SET numbers = excluded.numbers
