-- How many references found in texts match a task of the store.
SELECT source, replace(kind, '_', ' ') AS kind,
    count(*) FILTER (WHERE task_id IS NOT NULL) AS matched,
    count(*) FILTER (WHERE task_id IS NULL) AS unmatched
FROM resolved_task_references
GROUP BY source, kind
ORDER BY source, kind
