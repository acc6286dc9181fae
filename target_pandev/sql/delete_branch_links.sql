-- Delete what branches of repositories have linked; returns the commits. In some repositories it is
-- kept for the branches that exist.
WITH awaited AS (
    DELETE FROM awaited_commits AS a
    WHERE a.repository_id = ANY (%(repository_ids)s::text[]) AND a.carrier_source = 'branch'
)
DELETE FROM inherited_references AS i
WHERE i.repository_id = ANY (%(repository_ids)s::text[]) AND i.carrier_source = 'branch'
    AND NOT (
        i.repository_id = ANY (%(kept)s::text[])
        AND EXISTS (
            SELECT FROM branches AS b
            WHERE b.repository_id = i.repository_id AND b.name = i.carrier_key
                AND b.is_default IS NOT TRUE AND b._sdc_deleted_at IS NULL
        )
    )
RETURNING i.repository_id, i.sha
