-- The webhooks that exist, with the health that the latest run saw.
SELECT h.workspace_id, h.id AS webhook_id, h.endpoint, h.space_id,
    coalesce(h.health_status, 'unknown') AS health, coalesce(h.fail_count, 0) AS fail_count
FROM webhooks AS h
WHERE h._sdc_deleted_at IS NULL
ORDER BY h.workspace_id, h.id
