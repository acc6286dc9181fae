SELECT source, kind,
    count(*) FILTER (WHERE task_id IS NOT NULL) AS of_known_tasks,
    count(*) FILTER (WHERE task_id IS NULL) AS of_no_known_task
FROM resolved_task_references
GROUP BY source, kind
ORDER BY source, kind
