-- Delete what merges and pull requests have linked; returns the commits.
WITH carriers AS MATERIALIZED (
    SELECT *
    FROM ROWS FROM (
        pg_catalog.unnest(%(repository_ids)s::text[]),
        pg_catalog.unnest(%(sources)s::text[]),
        pg_catalog.unnest(%(keys)s::text[])
    ) AS k (repository_id, carrier_source, carrier_key)
), awaited AS (
    DELETE FROM awaited_commits AS a
    USING carriers AS k
    WHERE a.repository_id = k.repository_id
        AND a.carrier_source = k.carrier_source AND a.carrier_key = k.carrier_key
)
DELETE FROM inherited_references AS i
USING carriers AS k
WHERE i.repository_id = k.repository_id
    AND i.carrier_source = k.carrier_source AND i.carrier_key = k.carrier_key
RETURNING i.repository_id, i.sha
