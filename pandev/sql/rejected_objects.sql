-- The rejected records by stream and key, with the latest reason first.
SELECT r.stream, r.key,
    (pg_catalog.array_agg(r.field ORDER BY r.rejected_at DESC))[1] AS field,
    (pg_catalog.array_agg(r.reason ORDER BY r.rejected_at DESC))[1] AS reason,
    pg_catalog.min(r.rejected_at) AS first_rejected_at,
    pg_catalog.max(r.rejected_at) AS last_rejected_at,
    pg_catalog.array_agg(r.record_hash::text) AS hashes
FROM rejected_records AS r
GROUP BY r.stream, r.key
ORDER BY r.stream, last_rejected_at DESC, r.key
