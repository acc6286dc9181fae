-- Store a completed read unless one of its scope that started at the same time or later is stored.
-- The row stays locked until the transaction ends, so that two targets do not mark the same scope
-- concurrently.
INSERT INTO completed_reads AS c (
    workspace_id, stream, scope, started_at, finished_at, conditions, key_properties, count,
    _sdc_extracted_at, _sdc_hash
) VALUES (
    %(workspace_id)s, %(stream)s, %(scope)s, %(started_at)s, %(finished_at)s,
    %(conditions)s::jsonb, %(key_properties)s::jsonb, %(count)s, %(extracted_at)s, %(hash)s
)
ON CONFLICT (workspace_id, stream, scope) DO UPDATE SET
    started_at = excluded.started_at,
    finished_at = excluded.finished_at,
    conditions = excluded.conditions,
    key_properties = excluded.key_properties,
    count = excluded.count,
    _sdc_extracted_at = excluded._sdc_extracted_at,
    _sdc_hash = excluded._sdc_hash
WHERE c.started_at < excluded.started_at
RETURNING true
