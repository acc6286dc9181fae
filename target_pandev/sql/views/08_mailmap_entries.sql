-- Entries of the repositories' .mailmap.
-- Cost: one row of repositories for each repository.

CREATE OR REPLACE VIEW mailmap_entries AS
SELECT r.id AS repository_id, e.email, coalesce(e.name, '') AS name, e.new_email, e.new_name
FROM repositories AS r
CROSS JOIN LATERAL pg_catalog.jsonb_to_recordset(
    CASE WHEN pg_catalog.jsonb_typeof(r.mailmap) = 'array' THEN r.mailmap END
) AS e (
    email text, name text, new_email text, new_name text
);
COMMENT ON VIEW mailmap_entries IS
    'Which names and addresses the .mailmap of a repository shows instead of recorded ones';
COMMENT ON COLUMN mailmap_entries.email IS 'Recorded address in lower case';
COMMENT ON COLUMN mailmap_entries.name IS
    'Recorded name in lower case; empty if the entry is for any name. One with a name takes precedence';
COMMENT ON COLUMN mailmap_entries.new_email IS 'Address to show; null if the recorded one is kept';
COMMENT ON COLUMN mailmap_entries.new_name IS 'Name to show; null if the recorded one is kept';
COMMENT ON COLUMN mailmap_entries.repository_id IS 'Host, group and name, as in repositories.id';
