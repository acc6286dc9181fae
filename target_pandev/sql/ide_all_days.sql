-- All days of employees with events, as in ide_changed_days.
SELECT DISTINCT e.email, ((e.occurred_at + v.distance) AT TIME ZONE r.time_zone)::date::text
FROM ide_events AS e
CROSS JOIN reporting AS r
CROSS JOIN (VALUES (interval '-900 s'), (interval '0 s'), (interval '900 s')) AS v (distance)
