SELECT workspace_id AS workspace, to_char(started_at, 'YYYY-MM-DD HH24:MI:SS') AS started_at,
    round(extract(epoch FROM finished_at - started_at), 1)::float AS seconds,
    requests, retries AS repeated,
    coalesce((records ->> 'tasks')::integer, 0) AS tasks_read,
    CASE WHEN complete THEN 'yes' ELSE 'no' END AS complete
FROM sync_runs
ORDER BY sync_runs.started_at DESC
LIMIT %(most)s
