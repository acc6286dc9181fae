-- The latest rejection of each record of a stream, by the key as the target has written it.
SELECT DISTINCT ON (r.key) r.key, r.field, r.reason, r.rejected_at
FROM rejected_records AS r
WHERE r.stream = %(stream)s AND r.key IS NOT NULL
ORDER BY r.key, r.rejected_at DESC
