-- Delete rows and add a tombstone for each, so that an older version does not restore it.
WITH deleted AS ({delete} RETURNING *)
INSERT INTO tombstones AS t (workspace_id, stream, key, deleted_at)
SELECT {workspace_id}, %(stream)s, {key_value}, %(started_at)s
FROM deleted
ON CONFLICT (workspace_id, stream, key) DO UPDATE SET deleted_at = excluded.deleted_at
WHERE t.deleted_at < excluded.deleted_at
