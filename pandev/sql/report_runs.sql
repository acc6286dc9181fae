-- The last runs of the tap.
SELECT r.workspace_id, r.source, r.started_at, r.finished_at,
    (extract(EPOCH FROM r.finished_at - r.started_at) * 1000)::bigint AS duration_ms,
    r.requests, r.retries, coalesce(r.complete, FALSE) AS complete, r.records
FROM sync_runs AS r
WHERE (%(workspaces)s::text[] IS NULL OR r.workspace_id = ANY (%(workspaces)s::text[]))
    AND (%(since_at)s::timestamptz IS NULL OR r.started_at >= %(since_at)s::timestamptz)
    AND (%(until_at)s::timestamptz IS NULL OR r.started_at < %(until_at)s::timestamptz)
ORDER BY r.started_at DESC, r.workspace_id, r.source
LIMIT %(limit)s
