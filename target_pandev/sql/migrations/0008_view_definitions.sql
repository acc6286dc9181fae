-- The views of sql/views are created after the numbered migrations, whenever a file has changed.

ALTER TABLE schema_versions ADD COLUMN views jsonb;
COMMENT ON COLUMN schema_versions.views IS
    'Views that were created after this version: their names, with a hash of each definition';
