-- What reads have deleted in the last 24 hours: the limit of deletions holds over a day.

CREATE TABLE recent_deletions (
    workspace_id text NOT NULL,
    stream text NOT NULL,
    scope text NOT NULL,
    deleted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    count bigint NOT NULL,
    free_count bigint NOT NULL,
    PRIMARY KEY (workspace_id, stream, scope, deleted_at)
);
COMMENT ON TABLE recent_deletions IS
    'Numbers of rows that completed reads and new table versions deleted or marked as deleted in '
    'the last 24 hours, which count towards max_deleted_share';
COMMENT ON COLUMN recent_deletions.workspace_id IS 'Empty for a stream without workspaces';
COMMENT ON COLUMN recent_deletions.scope IS 'Scope of the completed read; empty for a table version';
COMMENT ON COLUMN recent_deletions.deleted_at IS 'When they were deleted, by the clock of PostgreSQL';
COMMENT ON COLUMN recent_deletions.count IS
    'Number of rows; for spaces, folders and lists the number of tasks in them';
COMMENT ON COLUMN recent_deletions.free_count IS
    'How many of them are beyond max_deleted_share; up to 10 per day are allowed';
