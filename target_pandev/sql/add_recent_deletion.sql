-- Count deleted rows, and forget what is older than a day.
WITH forgotten AS (
    DELETE FROM recent_deletions
    WHERE deleted_at <= pg_catalog.now() - interval '24 hours'
)
INSERT INTO recent_deletions (workspace_id, stream, scope, count, free_count)
VALUES (%(workspace_id)s, %(stream)s, %(scope)s, %(count)s, %(free_count)s)
