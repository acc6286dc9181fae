-- Task ids and custom task ids in texts: rows of (repository_id, source, object_key, text).
-- An id begins outside a word and ends at the first character that is not a letter or digit. One
-- pattern finds all forms in one pass, so that their order is that of the text:
--   https://app.clickup.com/t/<id>, …/t/<workspace>/<id>, …/t/<workspace>/<custom id>   groups 1 to 3
--   <prefix><id>, #<id>                                                               groups 4 and 5
--   <custom id>                                                                       group 6
-- The prefix together with what follows it may also be a custom id (DEV-123 with the prefix DEV-).
INSERT INTO task_references
    (repository_id, source, object_key, kind, reference, workspace_id, ordinal)
SELECT DISTINCT ON (s.repository_id, s.source, s.object_key, v.kind, v.reference)
    s.repository_id, s.source, s.object_key, v.kind, v.reference, f.m[1], f.ordinal
FROM ({source}) AS s
CROSS JOIN (
    SELECT hash_task_ids,
        pg_catalog.regexp_replace(task_id_prefix, '([^[:alnum:]])', '\\\1', 'g') AS prefix
    FROM reference_rules
) AS r
CROSS JOIN LATERAL pg_catalog.regexp_matches(
    pg_catalog.left(s.text, 100000),
    'app\.clickup\.com/t/(?:([0-9]{{1,20}})/)?'
    || '(?:([a-z][a-z0-9]{{0,19}}-[0-9]{{1,10}})|([a-z0-9]{{3,32}}))(?![a-z0-9]|/?[-[:alnum:]])'
    || '|(?<![[:alnum:]])' || r.prefix || '([a-z0-9]{{3,32}})(?![[:alnum:]])'
    || '|(?<![[:alnum:]&#])#([a-z0-9]{{6,9}})(?![[:alnum:]])'
    || '|(?<![[:alnum:]])([a-z][a-z0-9]{{0,19}}-[0-9]{{1,10}})(?![[:alnum:]])',
    'gi'
) WITH ORDINALITY AS f (m, ordinal)
CROSS JOIN LATERAL (
    VALUES
        ('task_id', pg_catalog.lower(coalesce(f.m[3], f.m[4], CASE WHEN r.hash_task_ids THEN f.m[5] END))),
        ('custom_id', pg_catalog.upper(coalesce(
            f.m[2], f.m[6],
            CASE WHEN f.m[4] ~ '^[0-9]{{1,10}}$' AND r.prefix ~* '^[a-z][a-z0-9]{{0,19}}\\-$'
                THEN pg_catalog.replace(r.prefix, '\', '') || f.m[4] END
        )))
) AS v (kind, reference)
WHERE v.reference IS NOT NULL
ORDER BY s.repository_id, s.source, s.object_key, v.kind, v.reference,
    f.m[1] NULLS LAST, f.ordinal
ON CONFLICT DO NOTHING
