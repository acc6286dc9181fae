-- Keep a record that could not be loaded; the same record is kept once.
INSERT INTO rejected_records (stream, record_hash, key, field, reason, record, rejected_at)
VALUES (
    %(stream)s, %(record_hash)s, %(key)s, %(field)s, %(reason)s, %(record)s::jsonb, now()
)
ON CONFLICT DO NOTHING
