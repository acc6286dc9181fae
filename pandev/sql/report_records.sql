-- The number of records of each stream in the last runs of the tap.
SELECT workspace_id AS workspace, to_char(started_at, 'YYYY-MM-DD HH24:MI:SS') AS started_at,
    records
FROM sync_runs
ORDER BY sync_runs.started_at DESC
LIMIT %(limit)s
