-- The seconds until a page is another one without a write: the day ends in the time zone of reports, a sprint
-- begins or ends, or what is in it counts as committed.
SELECT extract(EPOCH FROM least(
    (work_date(now()) + 1)::timestamp AT TIME ZONE reporting_time_zone(),
    (
        SELECT min(e.occurs_at)
        FROM sprint_periods AS p
        CROSS JOIN reporting AS r
        CROSS JOIN LATERAL (
            VALUES
                (p.starts_at),
                (p.starts_at + make_interval(hours => r.sprint_grace_hours)),
                (p.ends_at)
        ) AS e (occurs_at)
        WHERE e.occurs_at > now()
    )
) - now()) AS seconds
