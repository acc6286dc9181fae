-- The workspaces and spaces that exist, and the workspaces of which a run is known.
SELECT w.id AS workspace_id, w.name,
    ARRAY(
        SELECT s.id FROM spaces AS s WHERE s.workspace_id = w.id AND s._sdc_deleted_at IS NULL ORDER BY s.id
    ) AS space_ids
FROM workspaces AS w
WHERE w._sdc_deleted_at IS NULL
UNION ALL
SELECT DISTINCT r.workspace_id, NULL, '{}'::text[]
FROM sync_runs AS r
WHERE NOT EXISTS (SELECT FROM workspaces AS w WHERE w.id = r.workspace_id)
ORDER BY workspace_id
