-- How many references found in texts match a task of the store; an ambiguous one matches several.
SELECT source, kind,
    count(*) FILTER (WHERE task_id IS NOT NULL AND NOT is_ambiguous) AS matched,
    count(DISTINCT (repository_id, object_key, reference)) FILTER (WHERE is_ambiguous) AS ambiguous,
    count(*) FILTER (WHERE task_id IS NULL) AS unmatched
FROM resolved_task_references
GROUP BY source, kind
ORDER BY source, kind
