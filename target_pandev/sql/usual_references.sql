-- The references in a text `s` by the rules `r`, as `<kind>:<reference>`, in the order of the text;
-- `?` for a word that needs the pattern of all forms. Words without an id have no row.
SELECT c.item
FROM (
    SELECT CASE
        WHEN w.word ~* r.prefixed AND pg_catalog.length(i.second_part) BETWEEN 3 AND 32
            THEN 'task_id:' || pg_catalog.lower(i.second_part)
        WHEN w.word ~* '^#[a-z0-9]*$' THEN CASE
            WHEN pg_catalog.length(w.word) NOT BETWEEN 7 AND 10 OR w.word !~ '[0-9]' THEN NULL
            WHEN r.hash_task_ids THEN 'task_id:' || pg_catalog.lower(pg_catalog.substr(w.word, 2))
            ELSE '?'
        END
        WHEN w.word ~* r.custom
            AND pg_catalog.lower(i.first_part) <> pg_catalog.lower(r.stem)
            AND pg_catalog.length(i.first_part) <= 20
            AND pg_catalog.length(i.second_part) <= 10
            THEN 'custom_id:' || pg_catalog.upper(i.first_part || '-' || i.second_part)
        WHEN w.word ~* r.spaced AND pg_catalog.length(i.last_part) BETWEEN 3 AND 32
            THEN 'task_id:' || pg_catalog.lower(i.last_part)
        WHEN w.word ~* '^/[a-z]/' THEN CASE
            WHEN w.word ~* '^/t/[a-z0-9]{3,32}/?$'
                AND pg_catalog.strpos(s.text, '//app.clickup.com' || w.word) > 0
                AND pg_catalog.regexp_count(s.text, '/t/') = 1
                THEN 'task_id:' || pg_catalog.lower(pg_catalog.split_part(w.word, '/', 3))
            ELSE '?'
        END
        WHEN w.word ~* r.suffixed THEN '?'
        WHEN w.word ~* r.bracketed OR w.word ~* r.segment
            THEN 'bare_id:' || pg_catalog.lower(
                pg_catalog.regexp_substr(w.word, '[a-z0-9]+', 1, 1, 'i')
            )
        WHEN w.word ~* r.no_id AND w.word !~* r.open_segment THEN NULL
        ELSE '?'
    END AS item
    FROM (SELECT (pg_catalog.regexp_matches(s.text, r.word, 'gi'))[1] AS word) AS w
    CROSS JOIN LATERAL (
        SELECT
            pg_catalog.split_part(w.word, '-', 1) AS first_part,
            pg_catalog.split_part(pg_catalog.split_part(w.word, '-', 2), '_', 1) AS second_part,
            pg_catalog.regexp_substr(w.word, '[^-#_ ]*$') AS last_part
    ) AS i
    OFFSET 0
) AS c
WHERE c.item IS NOT NULL
