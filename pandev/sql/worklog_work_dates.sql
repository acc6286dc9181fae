-- Dates of timestamps in the time zone of reports, in the same order.
SELECT work_date(s.started_at)
FROM unnest(%(times)s::timestamptz[]) WITH ORDINALITY AS s (started_at, number)
ORDER BY s.number
