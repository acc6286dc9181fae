-- The closed days that are planned, and when they begin and end. A day is closed some hours after its
-- end in the time zone of reports, because events of editors may arrive late.
SELECT p.first_day, p.last_day, p.closed_day, r.time_zone,
    p.first_day::timestamp AT TIME ZONE r.time_zone AS starts_at,
    (p.last_day + 1)::timestamp AT TIME ZONE r.time_zone AS ends_at
FROM (
    SELECT coalesce(%(last_day)s::date, c.closed_day) - (%(days)s::integer - 1) AS first_day,
        coalesce(%(last_day)s::date, c.closed_day) AS last_day,
        c.closed_day
    FROM (
        SELECT work_date(%(now)s::timestamptz - make_interval(hours => %(grace_hours)s::integer)) - 1
            AS closed_day
    ) AS c
) AS p
CROSS JOIN reporting AS r
