-- The references in a text `s` by the rules `r`, in all forms. One pattern finds them in one pass,
-- so that their order is that of the text. An id of letters only is accepted after the prefix and
-- in an address; elsewhere it has a digit.
--   https://app.clickup.com/t/<id>, …/t/<workspace>/<id>, …/t/<workspace>/<custom id>   groups 1 to 3
--   <prefix><id>                                                                       group 4
--   CU-#<id>, CU #<id>, CU <id>, CU_<id>, if the prefix is CU-                          group 5
--   #<id>                                                                              group 6
--   <custom id>, whose letters, digits and underscores are not part of a longer one     group 7
--   [<id>], (<id>), a segment of a branch, the start of a line                           groups 8, 9
-- The prefix together with what follows it may also be a custom id (DEV-123 with the prefix DEV-).
SELECT DISTINCT ON (v.kind, v.reference)
    v.kind, v.reference, m.groups[1] AS workspace_id, m.ordinal
FROM (
    SELECT pg_catalog.string_agg(l.line, E'\n' ORDER BY l.number) AS lines
    FROM pg_catalog.string_to_table(
        CASE
            WHEN pg_catalog.length(s.text) <= 100000 THEN s.text
            -- The word at the end may be the first part of an id.
            ELSE pg_catalog.left(s.text, 99900) || pg_catalog.regexp_replace(
                pg_catalog.substr(s.text, 99901, 100), '[' || r.alnum || '_#&/-]*$', '', 'i'
            )
        END,
        E'\n'
    )
        WITH ORDINALITY AS l (line, number)
    WHERE l.line ~* r.hint
) AS t
CROSS JOIN LATERAL pg_catalog.regexp_matches(
    t.lines,
    'app\.clickup\.com/t/(?:([0-9]{1,20})/)?'
    || '(?:((?=[0-9_]*[a-z])[a-z0-9_]{1,20}-[0-9]{1,10})|([a-z0-9]{3,32}))'
    || '(?![a-z0-9_]|/?[-' || r.alnum || '])'
    || '|(?<![' || r.alnum || '])(?:' || r.prefix || '([a-z0-9]{3,32})'
    || coalesce('|' || r.stem || '(?:[- ]?#|[ _])((?=[a-z]*[0-9])[a-z0-9]{3,32})', '|(?!)()')
    || ')(?![' || r.alnum || '])'
    || '|(?<![' || r.alnum || '&#])#((?=[a-z]*[0-9])[a-z0-9]{6,9})(?![' || r.alnum || '])'
    || '|(?<![' || r.alnum || '_])((?=[0-9_]*[a-z])[a-z0-9_]{1,20}-[0-9]{1,10})(?![' || r.alnum || '])'
    || '|[[(]((?=[a-z]*[0-9])(?=[0-9]*[a-z])[a-z0-9]{6,12})(?=[])])'
    || '|(?<![^/\n])((?=[a-z]*[0-9])(?=[0-9]*[a-z])[a-z0-9]{6,12})(?=[-_:/' || r.space || '''"]|$)',
    'gi'
) WITH ORDINALITY AS m (groups, ordinal)
CROSS JOIN LATERAL (
    VALUES
        ('task_id', pg_catalog.lower(coalesce(
            m.groups[3], m.groups[4], m.groups[5], CASE WHEN r.hash_task_ids THEN m.groups[6] END
        ))),
        ('bare_id', pg_catalog.lower(coalesce(m.groups[8], m.groups[9]))),
        ('custom_id', pg_catalog.upper(coalesce(
            m.groups[2], m.groups[7],
            CASE WHEN m.groups[4] ~ '^[0-9]{1,10}$' AND r.prefix ~* '^[a-z][a-z0-9]{0,19}\\-$'
                THEN pg_catalog.replace(r.prefix, '\', '') || m.groups[4] END
        )))
) AS v (kind, reference)
WHERE v.reference IS NOT NULL
ORDER BY v.kind, v.reference, m.groups[1] NULLS LAST, m.ordinal
