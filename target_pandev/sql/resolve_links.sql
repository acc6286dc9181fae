-- Resolve the references of the touched objects: one row for each of them and each task.
--
-- * Of several references of one object to a task the nearest counts: what names the task itself before
--   the history (inherited_references), and an id before a bare id and a custom id.
-- * The first task is that of the first id of the object itself, if no other task could be meant by it.
-- * Stored rows that are right already are left untouched.
-- * Rows are looked up by key whatever the planner expects: OFFSET 0 keeps a subquery as it is.
WITH touched AS MATERIALIZED (
    SELECT DISTINCT o.repository_id, o.source, o.object_key FROM pg_temp.touched_objects AS o
),
named AS (
    SELECT o.*, 0 AS distance, o.source AS via, r.kind, r.reference, r.workspace_id, r.ordinal, r.occurred_at
    FROM touched AS o
    CROSS JOIN LATERAL (
        SELECT r.kind, r.reference, r.workspace_id, r.ordinal, r.occurred_at
        FROM task_references AS r
        WHERE r.repository_id = o.repository_id AND r.source = o.source AND r.object_key = o.object_key
        OFFSET 0
    ) AS r
    UNION ALL
    SELECT o.*, 1, i.via, i.kind, i.reference, i.workspace_id, i.ordinal, i.occurred_at
    FROM touched AS o
    CROSS JOIN LATERAL (
        SELECT i.via, i.kind, i.reference, i.workspace_id, i.ordinal, i.occurred_at
        FROM inherited_references AS i
        WHERE i.repository_id = o.repository_id AND i.sha = o.object_key AND i.is_nearest
        OFFSET 0
    ) AS i
    WHERE o.source = 'commit'
),
meant AS (
    SELECT n.repository_id, n.source, n.object_key, n.distance, n.via, n.kind, n.reference, n.ordinal,
        n.occurred_at, t.workspace_id, t.task_id,
        n.kind = 'custom_id' AND pg_catalog.count(*) OVER (
            PARTITION BY n.repository_id, n.source, n.object_key, n.distance, n.kind, n.reference
        ) > 1 AS is_ambiguous
    FROM named AS n
    CROSS JOIN LATERAL (
        SELECT t.workspace_id, t.id AS task_id
        FROM tasks AS t
        WHERE t.id = n.reference AND n.kind <> 'custom_id' AND t._sdc_deleted_at IS NULL
        UNION ALL
        SELECT t.workspace_id, t.id
        FROM tasks AS t
        WHERE pg_catalog.upper(t.custom_id) = n.reference AND t.custom_id IS NOT NULL
            AND n.kind = 'custom_id' AND t._sdc_deleted_at IS NULL
        OFFSET 0
    ) AS t
    WHERE n.workspace_id IS NULL OR t.workspace_id = n.workspace_id
),
ranked AS (
    SELECT m.*,
        pg_catalog.row_number() OVER (
            PARTITION BY m.repository_id, m.source, m.object_key, m.workspace_id, m.task_id
            ORDER BY m.distance, CASE m.kind WHEN 'task_id' THEN 0 WHEN 'bare_id' THEN 1 ELSE 2 END
        ) AS number,
        pg_catalog.min(f.place) OVER (
            PARTITION BY m.repository_id, m.source, m.object_key, m.workspace_id, m.task_id
        ) = pg_catalog.min(f.place) OVER (PARTITION BY m.repository_id, m.source, m.object_key) AS is_first
    FROM meant AS m
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN m.distance > 0 OR m.is_ambiguous OR EXISTS (
                SELECT FROM tasks AS t
                WHERE t.id = m.task_id AND t.workspace_id <> m.workspace_id AND t._sdc_deleted_at IS NULL
            ) THEN NULL
            -- of one text that has several kinds the last one by name: task_id, custom_id, bare_id
            ELSE 3 * m.ordinal + CASE m.kind WHEN 'task_id' THEN 0 WHEN 'custom_id' THEN 1 ELSE 2 END
        END AS place
        OFFSET 0
    ) AS f
),
resolved AS MATERIALIZED (
    SELECT r.repository_id, r.source, r.object_key, r.workspace_id, r.task_id, r.via, r.kind, r.reference,
        r.ordinal, r.occurred_at, r.is_ambiguous, coalesce(r.is_first, FALSE) AS is_first
    FROM ranked AS r
    WHERE r.number = 1
),
stored AS MATERIALIZED (
    SELECT l.*
    FROM touched AS o
    CROSS JOIN LATERAL (
        SELECT l.*
        FROM resolved_links AS l
        WHERE l.repository_id = o.repository_id AND l.source = o.source AND l.object_key = o.object_key
        OFFSET 0
    ) AS l
),
deleted AS (
    DELETE FROM resolved_links AS l
    USING (
        SELECT s.repository_id, s.source, s.object_key, s.workspace_id, s.task_id FROM stored AS s
        EXCEPT
        SELECT r.repository_id, r.source, r.object_key, r.workspace_id, r.task_id FROM resolved AS r
    ) AS k
    WHERE l.repository_id = k.repository_id AND l.source = k.source AND l.object_key = k.object_key
        AND l.workspace_id = k.workspace_id AND l.task_id = k.task_id
)
INSERT INTO resolved_links AS l (
    repository_id, source, object_key, workspace_id, task_id, via, kind, reference, ordinal, occurred_at,
    is_ambiguous, is_first
)
SELECT * FROM resolved
EXCEPT
SELECT * FROM stored
ON CONFLICT (repository_id, source, object_key, workspace_id, task_id) DO UPDATE SET
    via = excluded.via,
    kind = excluded.kind,
    reference = excluded.reference,
    ordinal = excluded.ordinal,
    occurred_at = excluded.occurred_at,
    is_ambiguous = excluded.is_ambiguous,
    is_first = excluded.is_first
