-- Merge commits by key, with the ids that they name. Deleted commits are left out.
SELECT c.repository_id, c.sha,
    ARRAY(SELECT pg_catalog.jsonb_array_elements_text(c.parents)),
    c.message,
    ARRAY(
        SELECT DISTINCT r.reference
        FROM task_references AS r
        WHERE r.repository_id = c.repository_id AND r.source = 'commit' AND r.object_key = c.sha
    )
FROM ROWS FROM (
    pg_catalog.unnest(%(repository_ids)s::text[]), pg_catalog.unnest(%(shas)s::text[])
) AS k (repository_id, sha)
INNER JOIN commits AS c ON c.repository_id = k.repository_id AND c.sha = k.sha
WHERE c.parents -> 1 IS NOT NULL AND c._sdc_deleted_at IS NULL
