-- The default branch of repositories, whether its commit is stored, the other branches that name a task,
-- with their commits, and the commits of the branches that branches usually begin from, by their
-- names: those of git-flow, and names of default branches. One that names a task is not one of them.
SELECT d.repository_id, d.head_sha,
    EXISTS (
        SELECT FROM commits AS c
        WHERE c.repository_id = d.repository_id AND c.sha = d.head_sha AND c._sdc_deleted_at IS NULL
    ),
    b.names, b.head_shas,
    ARRAY(
        SELECT s.head_sha
        FROM branches AS s
        WHERE s.repository_id = d.repository_id AND s.name <> d.name
            AND s.name ~ '^((main|master|trunk|dev|develop|development|next|staging)$|(release|support)/)'
            AND s.head_sha IS NOT NULL AND s._sdc_deleted_at IS NULL
            AND NOT EXISTS (
                SELECT FROM task_references AS r
                WHERE r.repository_id = s.repository_id AND r.source = 'branch' AND r.object_key = s.name
            )
    )
FROM (
    SELECT DISTINCT ON (d.repository_id) d.repository_id, d.name, d.head_sha
    FROM branches AS d
    WHERE d.repository_id = ANY (%(repository_ids)s::text[])
        AND d.is_default AND d.head_sha IS NOT NULL AND d._sdc_deleted_at IS NULL
    ORDER BY d.repository_id, d.name
) AS d
CROSS JOIN LATERAL (
    SELECT pg_catalog.array_agg(b.name) AS names, pg_catalog.array_agg(b.head_sha) AS head_shas
    FROM (
        SELECT DISTINCT r.object_key
        FROM task_references AS r
        WHERE r.repository_id = d.repository_id AND r.source = 'branch' AND r.object_key <> d.name
    ) AS r
    INNER JOIN branches AS b ON b.repository_id = d.repository_id AND b.name = r.object_key
    WHERE b.head_sha IS NOT NULL AND b._sdc_deleted_at IS NULL
) AS b
WHERE b.names IS NOT NULL
