-- What a source says is deleted, also of rows that have not come yet: a reading from before the
-- moment then comes in as one of a deleted row, whatever the order of arrival.

CREATE TABLE tombstones (
    workspace_id text NOT NULL,
    stream text NOT NULL,
    key jsonb NOT NULL,
    deleted_at timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, stream, key)
);
CREATE INDEX tombstones_stream ON tombstones (stream);
COMMENT ON TABLE tombstones IS 'Deletions as they were told, or made by hard_delete';
COMMENT ON COLUMN tombstones.workspace_id IS 'Empty for a stream whose key has no workspace_id';
COMMENT ON COLUMN tombstones.key IS 'The values of the stream''s key, in the order of its table';
