-- Days of employees whose intervals depend on some events: an event ends a gap of up to 15 minutes and
-- begins another. The hour after midnight may occur twice when clocks are set back, as in the Azores;
-- the day then begins at the second midnight, so an event can be an hour and 15 minutes from it.
SELECT d.email, d.work_date::text AS work_date
FROM (
    SELECT DISTINCT e.email, ((e.occurred_at + v.distance) AT TIME ZONE r.time_zone)::date AS work_date
    FROM {events} AS e
    CROSS JOIN reporting AS r
    CROSS JOIN (VALUES (interval '-75 minutes'), (interval '15 minutes')) AS v (distance)
) AS d
