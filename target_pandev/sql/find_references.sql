-- Task ids and custom task ids in texts: rows of (repository_id, source, object_key, text, occurred_at).
-- Texts without any hint of an id are skipped. Of the others most contain ids in usual forms only
-- (`usual_references`), which are found in a small part of the time of the pattern that knows all
-- forms (`all_references`). That one decides on a text with anything else that might be an id, so
-- both find the same; it sees the lines with a hint, as no form goes beyond the end of a line.
-- An address names the workspace; else it is the one of the repository, by the longest entry.
WITH rules AS MATERIALIZED ({patterns})
SELECT
    s.repository_id, s.source, s.object_key, f.kind, f.reference,
    coalesce(f.workspace_id, CASE WHEN r.has_workspaces THEN (
        SELECT w.workspace_id
        FROM repository_workspaces AS w
        WHERE w.repository = s.repository_id
            OR w.repository LIKE '%*'
                AND pg_catalog.starts_with(s.repository_id, pg_catalog.rtrim(w.repository, '*'))
        ORDER BY pg_catalog.length(w.repository) DESC
        LIMIT 1
    ) END) AS workspace_id,
    f.ordinal, s.occurred_at
FROM rules AS r
INNER JOIN ({source}) AS s ON s.text ~* (SELECT hint FROM rules)
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN r.has_usual_prefix AND pg_catalog.octet_length(s.text) <= 100000
            THEN ARRAY({usual_references})
        ELSE '{{?}}'
    END AS found
    OFFSET 0
) AS u
CROSS JOIN LATERAL (
    SELECT
        pg_catalog.split_part(i.item, ':', 1) AS kind,
        pg_catalog.split_part(i.item, ':', 2) AS reference,
        NULL AS workspace_id, i.ordinal
    FROM (
        SELECT
            pg_catalog.unnest(u.found) AS item,
            pg_catalog.generate_subscripts(u.found, 1) AS ordinal
    ) AS i
    WHERE '?' <> ALL (u.found) AND pg_catalog.array_position(u.found, i.item) = i.ordinal
    UNION ALL
    SELECT a.kind, a.reference, a.workspace_id, a.ordinal
    FROM ({all_references} OFFSET 0) AS a
    WHERE '?' = ANY (u.found)
) AS f
