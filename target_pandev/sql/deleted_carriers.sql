-- Merges and pull requests that have linked or await commits, and are deleted.
SELECT i.repository_id, i.carrier_source, i.carrier_key
FROM (
    SELECT i.repository_id, i.carrier_source, i.carrier_key FROM inherited_references AS i
    UNION
    SELECT i.repository_id, i.carrier_source, i.carrier_key FROM awaited_commits AS i
) AS i
LEFT JOIN commits AS c
    ON i.carrier_source = 'commit' AND c.repository_id = i.repository_id AND c.sha = i.carrier_key
    AND c._sdc_deleted_at IS NULL
LEFT JOIN pull_requests AS p
    ON p.repository_id = i.repository_id
    AND p.number = CASE i.carrier_source WHEN 'pull_request' THEN i.carrier_key::bigint END
    AND p._sdc_deleted_at IS NULL
WHERE {in_scope} AND i.carrier_source <> 'branch' AND c.sha IS NULL AND p.number IS NULL
