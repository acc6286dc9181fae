-- Of each workspace when it was first read, and when the latest complete poll and sweep began: those in
-- which nothing failed that another run may read.
SELECT r.workspace_id, pg_catalog.min(r.started_at) AS first_run_at,
    pg_catalog.max(r.started_at) FILTER (WHERE r.is_complete) AS last_poll_at,
    pg_catalog.max(r.started_at) FILTER (WHERE r.is_complete AND r.source = 'tap-clickup-sweep')
        AS last_sweep_at
FROM (
    SELECT s.workspace_id, s.started_at, s.source,
        s.finished_at IS NOT NULL AND NOT coalesce(s.refused @> '[{"retryable": true}]', FALSE) AS is_complete
    FROM sync_runs AS s
) AS r
GROUP BY r.workspace_id
