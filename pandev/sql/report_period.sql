-- The time zone of reports, the day of today in it, and the time at which a day begins in it.
SELECT reporting_time_zone() AS time_zone, work_date(now()) AS today,
    %(day)s::date::timestamp AT TIME ZONE reporting_time_zone() AS begins_at
