-- Delete a refusal that no longer holds. An earlier target-pandev stored each of them with the hash of
-- its whole record, so these are deleted by their key.
DELETE FROM rejected_records
WHERE stream = %(stream)s AND (record_hash = %(record_hash)s::uuid OR key = %(key)s)
