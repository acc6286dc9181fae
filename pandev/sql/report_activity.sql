-- Recently active tasks with their commits and branches; the limit is a number of tasks.
WITH recent AS (
    SELECT workspace_id, task_id, max(occurred_at) AS at
    FROM task_activity
    GROUP BY workspace_id, task_id
    ORDER BY at DESC NULLS LAST, task_id
    LIMIT %(limit)s
)
SELECT a.task_id AS task, a.task_name AS name, a.status, a.source || ': ' || a.title AS activity,
    a.author_name AS author, to_char(a.occurred_at, 'YYYY-MM-DD HH24:MI') AS at
FROM task_activity AS a
INNER JOIN recent AS r ON r.workspace_id = a.workspace_id AND r.task_id = a.task_id
ORDER BY r.at DESC NULLS LAST, a.task_id, a.occurred_at DESC, a.source
