-- Note which commits merges, pull requests and branches await: those that are not stored, and deleted
-- ones among those that they would link.
INSERT INTO awaited_commits (repository_id, sha, carrier_source, carrier_key)
SELECT k.repository_id, k.sha, k.carrier_source, k.carrier_key
FROM ROWS FROM (
    pg_catalog.unnest(%(repository_ids)s::text[]),
    pg_catalog.unnest(%(sources)s::text[]),
    pg_catalog.unnest(%(keys)s::text[]),
    pg_catalog.unnest(%(shas)s::text[]),
    pg_catalog.unnest(%(are_stored)s::boolean[])
) AS k (repository_id, carrier_source, carrier_key, sha, is_stored)
WHERE NOT k.is_stored OR NOT EXISTS (
    SELECT FROM commits AS c
    WHERE c.repository_id = k.repository_id AND c.sha = k.sha AND c._sdc_deleted_at IS NULL
)
ON CONFLICT DO NOTHING
