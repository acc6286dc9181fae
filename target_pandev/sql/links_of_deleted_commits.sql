-- Delete the links of commits that are deleted; they are awaited from then on.
WITH lost AS (
    DELETE FROM inherited_references AS i
    WHERE {in_scope} AND NOT EXISTS (
        SELECT FROM commits AS c
        WHERE c.repository_id = i.repository_id AND c.sha = i.sha AND c._sdc_deleted_at IS NULL
    )
    RETURNING i.repository_id, i.sha, i.carrier_source, i.carrier_key
), touched AS (
    INSERT INTO pg_temp.touched_objects (repository_id, source, object_key)
    SELECT DISTINCT l.repository_id, 'commit', l.sha FROM lost AS l
)
INSERT INTO awaited_commits (repository_id, sha, carrier_source, carrier_key)
SELECT DISTINCT l.repository_id, l.sha, l.carrier_source,
    CASE WHEN l.carrier_source <> 'branch' THEN l.carrier_key ELSE '' END
FROM lost AS l
ON CONFLICT DO NOTHING
