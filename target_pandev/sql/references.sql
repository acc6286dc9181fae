-- Task ids and custom task ids in texts: rows of (repository_id, source, object_key, text, occurred_at).
-- One pattern finds all forms in one pass, so that their order is that of the text. An id of letters
-- only is accepted after the prefix and in an address; elsewhere it has a digit.
--   https://app.clickup.com/t/<id>, …/t/<workspace>/<id>, …/t/<workspace>/<custom id>   groups 1 to 3
--   <prefix><id>                                                                       group 4
--   CU-#<id>, CU #<id>, CU <id>, CU_<id>, if the prefix is CU-                          group 5
--   #<id>                                                                              group 6
--   <custom id>, whose letters, digits and underscores are not part of a longer one     group 7
--   [<id>], (<id>), a segment of a branch, the begin of a line                           groups 8, 9
-- The prefix together with what follows it may also be a custom id (DEV-123 with the prefix DEV-).
-- An address names the workspace; else it is the one of the repository, by the longest entry.
-- Texts without any of it are skipped by a pattern that costs a fraction of the other one.
INSERT INTO task_references
    (repository_id, source, object_key, kind, reference, workspace_id, ordinal, occurred_at)
SELECT DISTINCT ON (s.repository_id, s.source, s.object_key, v.kind, v.reference)
    s.repository_id, s.source, s.object_key, v.kind, v.reference,
    coalesce(f.m[1], w.workspace_id), f.ordinal, s.occurred_at
FROM (
    SELECT hash_task_ids, p.prefix,
        CASE WHEN p.prefix ~ '\\-$' THEN pg_catalog.left(p.prefix, -2) END AS stem
    FROM reference_rules
    CROSS JOIN LATERAL (
        SELECT pg_catalog.regexp_replace(task_id_prefix, '([^[:alnum:]])', '\\\1', 'g') AS prefix
    ) AS p
) AS r
INNER JOIN ({source}) AS s
    ON s.text ~* ('-[0-9]|#[a-z0-9]{{6}}|clickup\.com/t/|(?:^|[[(/\n])[a-z0-9]*[0-9]|'
        || coalesce(r.stem || '[-_ ]', r.prefix))
CROSS JOIN LATERAL pg_catalog.regexp_matches(
    pg_catalog.left(s.text, 100000),
    'app\.clickup\.com/t/(?:([0-9]{{1,20}})/)?'
    || '(?:((?=[0-9_]*[a-z])[a-z0-9_]{{1,20}}-[0-9]{{1,10}})|([a-z0-9]{{3,32}}))'
    || '(?![a-z0-9_]|/?[-[:alnum:]])'
    || '|(?<![[:alnum:]])' || r.prefix || '([a-z0-9]{{3,32}})(?![[:alnum:]])'
    || coalesce(
        '|(?<![[:alnum:]])' || r.stem || '(?:[- ]?#|[ _])((?=[a-z]*[0-9])[a-z0-9]{{3,32}})(?![[:alnum:]])',
        '|(?!)()'
    )
    || '|(?<![[:alnum:]&#])#((?=[a-z]*[0-9])[a-z0-9]{{6,9}})(?![[:alnum:]])'
    || '|(?<![[:alnum:]_])((?=[0-9_]*[a-z])[a-z0-9_]{{1,20}}-[0-9]{{1,10}})(?![[:alnum:]])'
    || '|[[(]((?=[a-z]*[0-9])(?=[0-9]*[a-z])[a-z0-9]{{6,12}})(?=[])])'
    || '|(?<![^/\n])((?=[a-z]*[0-9])(?=[0-9]*[a-z])[a-z0-9]{{6,12}})(?=[-_:/[:space:]''"]|$)',
    'gi'
) WITH ORDINALITY AS f (m, ordinal)
CROSS JOIN LATERAL (
    VALUES
        ('task_id', pg_catalog.lower(coalesce(
            f.m[3], f.m[4], f.m[5], CASE WHEN r.hash_task_ids THEN f.m[6] END
        ))),
        ('bare_id', pg_catalog.lower(coalesce(f.m[8], f.m[9]))),
        ('custom_id', pg_catalog.upper(coalesce(
            f.m[2], f.m[7],
            CASE WHEN f.m[4] ~ '^[0-9]{{1,10}}$' AND r.prefix ~* '^[a-z][a-z0-9]{{0,19}}\\-$'
                THEN pg_catalog.replace(r.prefix, '\', '') || f.m[4] END
        )))
) AS v (kind, reference)
LEFT JOIN LATERAL (
    SELECT w.workspace_id
    FROM repository_workspaces AS w
    WHERE w.repository = s.repository_id
        OR w.repository LIKE '%*'
            AND pg_catalog.starts_with(s.repository_id, pg_catalog.rtrim(w.repository, '*'))
    ORDER BY pg_catalog.length(w.repository) DESC
    LIMIT 1
) AS w ON TRUE
WHERE v.reference IS NOT NULL
ORDER BY s.repository_id, s.source, s.object_key, v.kind, v.reference,
    f.m[1] NULLS LAST, f.ordinal
ON CONFLICT DO NOTHING
