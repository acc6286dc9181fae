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
--   segment     /86abc1d2e-fix, /86abc1d2e: and the same at the begin of a line
--   open_segment  /86abc1d2e with something behind it that decides, but is not seen
--   no_id       CU fixes, (10, 2026-11-27
-- A `tail` are words behind hyphens, `next` is one behind another character. Neither is the stem,
-- so that no id begins in them.
SELECT
    hash_task_ids, prefix, stem,
    prefix ~* '^[a-z][a-z0-9]*\\-$' AS has_usual_prefix,
    EXISTS (SELECT 1 FROM repository_workspaces) AS has_workspaces,
    '-[0-9]|#[a-z0-9]{6}|/[a-z]/|(?:^|[[(/\n])[a-z]*[0-9]|' || coalesce(stem || '[-_ #]', prefix)
        AS hint,
    '[[:alnum:]_#&-]*(?:-[0-9]|#|' || stem || '[-_ ])[[:alnum:]_#&-]*'
        || '|(?:^|[[(/\n])[a-z]*[0-9][[:alnum:]_#&-]*(?:[])/:''"[:space:]][[:alnum:]_#&-]*)?'
        || '|/[a-z]/[[:alnum:]_#&/-]*' AS word,
    '^' || stem || '-[0-9]*[a-z][a-z0-9]*' || tail || '*$' AS prefixed,
    '^' || stem || '(?:[- ]?#|[ _])[a-z]*[0-9][a-z0-9]*$' AS spaced,
    '^[a-z0-9_]*[a-z][a-z0-9_]*-[0-9]+' || tail || '*$' AS custom,
    '[a-z0-9]' || stem || '[-_ ]' AS suffixed,
    '^[[(]' || id || '[])]' || next || '$' AS bracketed,
    '^[/\n]?' || id || '(?:' || tail || '+(?:[])/:''"[:space:]]' || next || ')?'
        || '|[/:''"[:space:]]' || next || ')$' AS segment,
    '^[/\n]?' || id || '$' AS open_segment,
    '^(?:[[(/\n]?(?:[a-z0-9]+|[0-9-]+)(?:[])/:''"[:space:]]' || next || ')?'
        || '|' || stem || ' ' || next || ')$' AS no_id
FROM reference_rules
CROSS JOIN LATERAL (
    SELECT pg_catalog.regexp_replace(task_id_prefix, '([^[:alnum:]])', '\\\1', 'g') AS prefix
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
