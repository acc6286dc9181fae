-- Task ids and custom task ids in texts: rows of (repository_id, source, object_key, text).
-- An id begins outside a word and ends at the first character that is no letter or digit.
-- Addresses: https://app.clickup.com/t/<id> and https://app.clickup.com/t/<workspace>/<id or custom id>
INSERT INTO task_references (repository_id, source, object_key, kind, reference, position)
SELECT DISTINCT ON (s.repository_id, s.source, s.object_key, f.kind, f.reference)
    s.repository_id, s.source, s.object_key, f.kind, f.reference, strpos(s.text, f.matched)
FROM ({source}) AS s
CROSS JOIN (
    SELECT hash_task_ids, '(?<![[:alnum:]])('
        || regexp_replace(task_id_prefix, '([^[:alnum:]])', '\\\1', 'g')
        || '([a-z0-9]{{3,}}))' AS prefixed
    FROM reference_rules
) AS r
CROSS JOIN LATERAL (
    SELECT 'task_id' AS kind, lower(m[2]) AS reference, m[1] AS matched
    FROM regexp_matches(s.text, r.prefixed, 'gi') AS m
    UNION ALL
    SELECT 'task_id', lower(m[1]), m[1]
    FROM regexp_matches(
        s.text, 'app\.clickup\.com/t/(?:[0-9]+/)?([a-z0-9]{{3,}})(?!/?[-[:alnum:]])', 'gi'
    ) AS m
    UNION ALL
    SELECT 'task_id', lower(m[1]), m[1]
    FROM regexp_matches(s.text, '(?<![[:alnum:]&#])#([a-z0-9]{{6,9}})(?![[:alnum:]])', 'g') AS m
    WHERE r.hash_task_ids
    UNION ALL
    SELECT 'custom_id', upper(m[1]), m[1]
    FROM regexp_matches(
        s.text, '(?<![[:alnum:]])([a-z][a-z0-9]*-[0-9]+)(?![[:alnum:]])', 'gi'
    ) AS m
) AS f
ORDER BY s.repository_id, s.source, s.object_key, f.kind, f.reference, strpos(s.text, f.matched)
ON CONFLICT DO NOTHING
