-- Of each workspace and source the latest run, the latest that ended, the latest that did not fail, and the
-- latest complete one: a run fails if another run may read what it could not, and is not complete either if
-- ClickUp denied it something. Rows of earlier versions have no progress.
WITH sources AS (
    SELECT DISTINCT r.workspace_id, r.source FROM sync_runs AS r
)
SELECT r.workspace_id, r.source, r.started_at, r.finished_at, r._sdc_extracted_at AS seen_at, r.complete,
    coalesce(r.refused, '[]'::jsonb) AS refused,
    (pg_catalog.to_jsonb(r) ->> 'progress')::float8 AS progress
FROM sources AS s
CROSS JOIN LATERAL (
    (
        SELECT r.* FROM sync_runs AS r
        WHERE r.workspace_id = s.workspace_id AND r.source = s.source
        ORDER BY r.started_at DESC
        LIMIT 1
    )
    UNION
    (
        SELECT r.* FROM sync_runs AS r
        WHERE r.workspace_id = s.workspace_id AND r.source = s.source AND r.finished_at IS NOT NULL
        ORDER BY r.started_at DESC
        LIMIT 1
    )
    UNION
    (
        SELECT r.* FROM sync_runs AS r
        WHERE r.workspace_id = s.workspace_id AND r.source = s.source AND r.finished_at IS NOT NULL
            AND NOT coalesce(r.refused @> '[{"retryable": true}]', FALSE)
        ORDER BY r.started_at DESC
        LIMIT 1
    )
    UNION
    (
        SELECT r.* FROM sync_runs AS r
        WHERE r.workspace_id = s.workspace_id AND r.source = s.source AND r.complete
        ORDER BY r.started_at DESC
        LIMIT 1
    )
) AS r
ORDER BY r.workspace_id, r.started_at
