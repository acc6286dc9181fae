-- How many rows of a stream reads have deleted in the last 24 hours: in all scopes, in this scope, and
-- beyond the share.
SELECT
    coalesce(pg_catalog.sum(count), 0)::bigint,
    coalesce(pg_catalog.sum(count) FILTER (WHERE scope = %(scope)s), 0)::bigint,
    coalesce(pg_catalog.sum(free_count), 0)::bigint
FROM recent_deletions
WHERE workspace_id = %(workspace_id)s
    AND stream = %(stream)s
    AND deleted_at > pg_catalog.clock_timestamp() - interval '24 hours'
