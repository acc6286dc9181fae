-- Note the objects whose references may name one of the renamed tasks now, or have named it. Each part is
-- a lookup by index, whatever the planner expects: OFFSET 0 keeps a subquery as it is.
WITH renamed AS MATERIALIZED (
    SELECT DISTINCT k.workspace_id, k.task_id FROM pg_temp.touched_tasks AS k WHERE k.is_renamed
),
names AS MATERIALIZED (
    SELECT k.task_id AS name FROM renamed AS k
    UNION
    SELECT t.name
    FROM renamed AS k
    CROSS JOIN LATERAL (
        SELECT pg_catalog.upper(t.custom_id) AS name
        FROM tasks AS t
        WHERE t.workspace_id = k.workspace_id AND t.id = k.task_id AND t.custom_id IS NOT NULL
        OFFSET 0
    ) AS t
)
INSERT INTO pg_temp.touched_objects (repository_id, source, object_key)
SELECT l.repository_id, l.source, l.object_key
FROM renamed AS k
CROSS JOIN LATERAL (
    SELECT l.repository_id, l.source, l.object_key
    FROM resolved_links AS l
    WHERE l.task_id = k.task_id
    OFFSET 0
) AS l
UNION
SELECT r.repository_id, r.source, r.object_key
FROM names AS k
CROSS JOIN LATERAL (
    SELECT r.repository_id, r.source, r.object_key
    FROM task_references AS r
    WHERE r.reference = k.name
    OFFSET 0
) AS r
UNION
SELECT i.repository_id, 'commit', i.sha
FROM names AS k
CROSS JOIN LATERAL (
    SELECT i.repository_id, i.sha
    FROM inherited_references AS i
    WHERE i.reference = k.name AND i.is_nearest
    OFFSET 0
) AS i
