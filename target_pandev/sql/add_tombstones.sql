-- Add tombstones; of several deletions of the same row the latest counts.
INSERT INTO tombstones AS t (workspace_id, stream, key, deleted_at)
SELECT {workspace_id}, %(stream)s, {key_value}, pg_catalog.max(deletion._sdc_deleted_at)
FROM {deletions} AS deletion ({key}, _sdc_deleted_at)
GROUP BY 1, 3
ON CONFLICT (workspace_id, stream, key) DO UPDATE SET deleted_at = excluded.deleted_at
WHERE t.deleted_at < excluded.deleted_at
