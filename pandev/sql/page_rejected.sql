-- Records that were rejected, the latest first, without their values.
SELECT r.stream, r.key, r.field, r.reason, r.rejected_at
FROM rejected_records AS r
WHERE %(workspaces)s::text[] IS NULL OR r.record ->> 'workspace_id' = ANY (%(workspaces)s::text[])
ORDER BY r.rejected_at DESC, r.stream, r.record_hash
LIMIT %(limit)s
