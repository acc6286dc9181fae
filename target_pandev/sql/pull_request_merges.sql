-- Pull requests by key, with the merge commit: the one that the tap names, or else the oldest commit
-- whose second parent is the head. Its parents are null if it is not stored.
SELECT p.repository_id, p.number, p.merged_at IS NOT NULL AND p._sdc_deleted_at IS NULL, p.head_sha,
    coalesce(p.merge_commit_sha, m.sha),
    CASE WHEN m.sha IS NOT NULL THEN ARRAY(
        SELECT pg_catalog.jsonb_array_elements_text(m.parents)
    ) END
FROM ({keys}) AS k
INNER JOIN pull_requests AS p ON p.repository_id = k.repository_id AND p.number = k.number
LEFT JOIN LATERAL (
    SELECT c.sha, c.parents
    FROM commits AS c
    WHERE p.merge_commit_sha IS NOT NULL
        AND c.repository_id = p.repository_id AND c.sha = p.merge_commit_sha
    UNION ALL (
        SELECT c.sha, c.parents
        FROM commits AS c
        WHERE p.merge_commit_sha IS NULL
            AND c.repository_id = p.repository_id AND c.parents ->> 1 = p.head_sha
            AND c.parents ->> 1 IS NOT NULL
        ORDER BY c.committed_at, c.sha
        LIMIT 1
    )
) AS m ON true
