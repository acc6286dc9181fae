-- Deletions that a source reported, also of rows that have not arrived yet: a version that was read
-- before the deletion is then stored as deleted, whatever the order of arrival.

CREATE TABLE tombstones (
    workspace_id text NOT NULL,
    stream text NOT NULL,
    key jsonb NOT NULL,
    deleted_at timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, stream, key)
);
CREATE INDEX tombstones_stream ON tombstones (stream);
COMMENT ON COLUMN tombstones.workspace_id IS 'Empty for a stream whose key has no workspace_id';
COMMENT ON COLUMN tombstones.key IS 'The values of the stream''s key, in the order of its table';
