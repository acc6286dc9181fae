-- The rules, and the patterns that depend on the prefix. `stem` is the prefix without its hyphen.
--   hint        contained in every form of an id
--   word        letters, digits, _, #, & and - around a hint, with what is next to them where that
--               decides: after `CU ` and after an id without prefix
-- The others are whole words:
--   prefixed    CU-86abc1d2e, CU-86abc1d2e-fix
--   spaced      CU 86abc1d2e, CU-#86abc1d2e
--   custom      DEV-12, DEV-12_fix
--   suffixed    86abc1CU-, which may be an id in front of the prefix's letters
--   bracketed   [86abc1d2e]
--   segment     /86abc1d2e-fix, /86abc1d2e: and the same at the start of a line
--   open_segment  /86abc1d2e with something behind it that decides, but is not seen
--   no_id       CU fixes, (10, 2026-11-27
-- Letters and spaces are those of all scripts, in any locale of the database: texts have the collation C,
-- in which a class such as [:alnum:] has ASCII only. Signs between the letters of a rare script count as
-- letters; symbols, emoji and the punctuation of common scripts do not.
-- A `tail` are words behind hyphens, `next` is one behind another character. Neither is the stem,
-- so that no id begins in them.
SELECT
    hash_task_ids, prefix, stem, alnum, space,
    prefix ~* '^[a-z][a-z0-9]*\\-$' AS has_usual_prefix,
    EXISTS (SELECT 1 FROM repository_workspaces) AS has_workspaces,
    '-[0-9]|#[a-z0-9]{6}|/[a-z]/|(?:^|[[(/\n])[a-z]*[0-9]|' || coalesce(stem || '[-_ #]', prefix)
        AS hint,
    part || '(?:-[0-9]|#|' || stem || '[-_ ])' || part
        || '|(?:^|[[(/\n])[a-z]*[0-9]' || part || '(?:' || after || part || ')?'
        || '|/[a-z]/[' || alnum || '_#&/-]*' AS word,
    '^' || stem || '-[0-9]*[a-z][a-z0-9]*' || tail || '*$' AS prefixed,
    '^' || stem || '(?:[- ]?#|[ _])[a-z]*[0-9][a-z0-9]*$' AS spaced,
    '^[a-z0-9_]*[a-z][a-z0-9_]*-[0-9]+' || tail || '*$' AS custom,
    '[a-z0-9]' || stem || '[-_ ]' AS suffixed,
    '^[[(]' || id || '[])]' || next || '$' AS bracketed,
    '^[/\n]?' || id || '(?:' || tail || '+(?:' || after || next || ')?'
        || '|[/:''"' || space || ']' || next || ')$' AS segment,
    '^[/\n]?' || id || '$' AS open_segment,
    '^(?:[[(/\n]?(?:[a-z0-9]+|[0-9-]+)(?:' || after || next || ')?'
        || '|' || stem || ' ' || next || ')$' AS no_id
FROM reference_rules
CROSS JOIN LATERAL (
    SELECT pg_catalog.regexp_replace(
        task_id_prefix COLLATE pg_catalog."C", '([^[:alnum:]])', '\\\1', 'g'
    ) AS prefix
) AS p
CROSS JOIN LATERAL (
    SELECT CASE WHEN prefix ~ '\\-$' THEN pg_catalog.left(prefix, -2) END AS stem
) AS s
CROSS JOIN LATERAL (
    SELECT
        '(?:[-_](?!' || stem || '(?:[^a-z]|$))[a-z]*)' AS tail,
        '(?!' || stem || '$)[a-z]*' AS next,
        '(?=[a-z]*[0-9])(?=[0-9]*[a-z])[a-z0-9]{6,12}' AS id
) AS t
CROSS JOIN LATERAL (
    SELECT
        'a-z0-9'
        || '\u00aa\u00b5\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02c1\u02c6-\u02d1\u02e0-\u02e4\u02ec\u02ee'
        || '\u0300-\u0374\u0376-\u037d\u037f\u0386\u0388-\u03f5\u03f7-\u0481\u0483-\u0559\u0560-\u0588'
        || '\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7-\u05f2\u0610-\u061a\u0620-\u0669\u066e-\u06d3'
        || '\u06d5-\u06dc\u06df-\u06e8\u06ea-\u06fc\u06ff-\u0963\u0966-\u0e3a\u0e40-\u0e4e\u0e50-\u0e59'
        || '\u0e81-\u1ffc\u2c00-\u2dff\u2e2f\u3005\u3006\u302a-\u302f\u3031-\u3035\u303b\u303c\u3041-\u309f'
        || '\u30a1-\u30fa\u30fc-\ufdfb\ufe20-\ufe2f\ufe70-\ufefc\uff10-\uff19\uff21-\uff3a\uff41-\uff5a'
        || '\uff66-\uffdc\U00010000-\U0001efff\U0001fbf0-\U0003ffff' AS alnum,
        '[:space:]\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000' AS space
) AS c
CROSS JOIN LATERAL (
    SELECT '[' || alnum || '_#&-]*' AS part, '[])/:''"' || space || ']' AS after
) AS e
