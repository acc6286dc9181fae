-- Of the links between a commit and an id one is nearest, unless the commit itself names the id. Few
-- rows change, so that they are filtered before the rows to update are looked up.
UPDATE inherited_references AS i SET is_nearest = n.is_nearest
FROM (
    SELECT i.repository_id, i.sha, i.kind, i.reference, i.carrier_source, i.carrier_key,
        i.is_nearest AS was_nearest,
        pg_catalog.row_number() OVER (
            PARTITION BY i.repository_id, i.sha, i.kind, i.reference
            ORDER BY i.via DESC, i.carrier_source, i.carrier_key
        ) = 1
        AND NOT EXISTS (
            SELECT FROM task_references AS o
            WHERE o.repository_id = i.repository_id AND o.source = 'commit' AND o.object_key = i.sha
                AND o.kind = i.kind AND o.reference = i.reference
        ) AS is_nearest
    FROM (
        SELECT DISTINCT *
        FROM ROWS FROM (
            pg_catalog.unnest(%(repository_ids)s::text[]), pg_catalog.unnest(%(shas)s::text[])
        ) AS k (repository_id, sha)
    ) AS k
    INNER JOIN inherited_references AS i ON i.repository_id = k.repository_id AND i.sha = k.sha
) AS n
WHERE n.is_nearest <> n.was_nearest
    AND i.repository_id = n.repository_id AND i.sha = n.sha AND i.kind = n.kind
    AND i.reference = n.reference AND i.carrier_source = n.carrier_source
    AND i.carrier_key = n.carrier_key
