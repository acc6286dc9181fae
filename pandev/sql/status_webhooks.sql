-- The webhooks that exist, with the health that the latest run saw. ClickUp lists a webhook only to the user
-- who created it: those of a former user of the token are left out, as no run sees whether they exist.
SELECT h.workspace_id, h.id AS webhook_id, h.endpoint, h.space_id,
    coalesce(h.health_status, 'unknown') AS health, coalesce(h.fail_count, 0) AS fail_count
FROM webhooks AS h
LEFT JOIN completed_reads AS c
    ON c.workspace_id = h.workspace_id AND c.stream = 'webhooks' AND c.scope = 'all'
WHERE h._sdc_deleted_at IS NULL
    AND coalesce((c.conditions -> 'user_id' -> 'in') ? h.user_id, TRUE)
ORDER BY h.workspace_id, h.id
