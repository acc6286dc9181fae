-- Delete the intervals of some days of employees. An interval lies within a day.
DELETE FROM ide_intervals AS i
USING ROWS FROM (
        pg_catalog.unnest(%(emails)s::text[]), pg_catalog.unnest(%(days)s::text[]::date[])
    ) AS d (email, work_date),
    reporting AS r
WHERE i.email = d.email
    AND i.started_at >= d.work_date::timestamp AT TIME ZONE r.time_zone
    AND i.started_at < (d.work_date + 1)::timestamp AT TIME ZONE r.time_zone
