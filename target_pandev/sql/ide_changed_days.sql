-- Days of employees whose intervals the staged events may change, before they are merged: an event
-- ends a gap of up to 15 minutes and begins another. Events that are stored already change nothing.
SELECT DISTINCT s.email, ((s.occurred_at + v.distance) AT TIME ZONE r.time_zone)::date::text
FROM {stage} AS s
LEFT JOIN {table} AS t
    ON t.email = s.email AND t.occurred_at = s.occurred_at AND t.source = s.source
    AND t.event_hash = s.event_hash
CROSS JOIN reporting AS r
CROSS JOIN (VALUES (interval '-900 s'), (interval '0 s'), (interval '900 s')) AS v (distance)
WHERE t._sdc_hash IS DISTINCT FROM s._sdc_hash OR s._sdc_extracted_at >= t._sdc_deleted_at
