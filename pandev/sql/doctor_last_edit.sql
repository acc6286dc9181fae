-- The latest edit of a live task that a webhook should have reported by now, in each workspace.
SELECT t.workspace_id, pg_catalog.max(t.date_updated) AS edited_at
FROM tasks AS t
WHERE t._sdc_deleted_at IS NULL AND t.date_updated < pg_catalog.now() - interval '10 minutes'
GROUP BY t.workspace_id
