-- Days of employees whose intervals change with the events of some keys, as in ide_changed_days.
SELECT DISTINCT k.email, ((k.occurred_at + v.distance) AT TIME ZONE r.time_zone)::date::text
FROM ROWS FROM (
    pg_catalog.unnest(%(emails)s::text[]), pg_catalog.unnest(%(times)s::text[]::timestamptz[])
) AS k (email, occurred_at)
CROSS JOIN reporting AS r
CROSS JOIN (VALUES (interval '-900 s'), (interval '0 s'), (interval '900 s')) AS v (distance)
