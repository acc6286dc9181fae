-- The last runs of the tap.
SELECT workspace_id AS workspace, to_char(started_at, 'YYYY-MM-DD HH24:MI:SS') AS started_at,
    round(extract(EPOCH FROM finished_at - started_at), 1)::float AS seconds,
    requests, retries, coalesce(complete, FALSE) AS complete
FROM sync_runs
ORDER BY sync_runs.started_at DESC
LIMIT %(limit)s
