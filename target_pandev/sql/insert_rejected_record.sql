-- Keep a record that could not be loaded; the same record is kept once, as it was first rejected. A
-- refused deletion has the hash of its scope, so that the latest refusal replaces the one before.
INSERT INTO rejected_records (stream, record_hash, key, field, reason, record, rejected_at)
VALUES (
    %(stream)s, %(record_hash)s, %(key)s, %(field)s, %(reason)s, %(record)s::jsonb, pg_catalog.now()
)
ON CONFLICT (stream, record_hash) DO UPDATE SET
    key = excluded.key,
    field = excluded.field,
    reason = excluded.reason,
    record = excluded.record,
    rejected_at = excluded.rejected_at
WHERE rejected_records.record IS DISTINCT FROM excluded.record
