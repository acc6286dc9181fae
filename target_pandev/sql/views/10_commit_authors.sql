-- The people of each commit: its author, and the co-authors that Co-authored-by lines of its message
-- name, by the .mailmap of its repository. A person counts once per commit, as author first.
-- Deleted commits are left out.
-- Cost: for one commit its row and people by key; for one address its commits by index. The newest rows are
-- read by the indexes on committed_at. All rows: one pass over the commits, and two over the people of
-- those with co-authors.
-- The parts of the UNION have no conditions of their own: PostgreSQL would not read them by index.

CREATE OR REPLACE VIEW commit_authors AS
SELECT p.repository_id, p.sha, CASE WHEN p.is_author THEN 'author' ELSE 'co-author' END AS role,
    coalesce(g.new_name, CASE WHEN p.is_author THEN p.name ELSE g.name END) AS name, g.address AS email,
    g.employee_email, g.is_ambiguous, p.authored_at, p.committed_at
FROM (
    SELECT c.repository_id, c.sha, true AS is_author, 0 AS place, c.author_identity AS identity,
        c.author_name AS name, c.authored_at, c.committed_at, c._sdc_deleted_at
    FROM commits AS c
    UNION ALL
    SELECT p.repository_id, p.sha, false, p.place, p.identity, NULL::text, p.authored_at, p.committed_at,
        NULL::timestamptz
    FROM commit_people AS p
) AS p
INNER JOIN git_people AS g ON g.identity = p.identity
WHERE p._sdc_deleted_at IS NULL AND (p.is_author OR p.place > 0)
    AND CASE WHEN p.is_author THEN true ELSE (
        SELECT c._sdc_deleted_at IS NULL
        FROM commits AS c
        WHERE c.repository_id = p.repository_id AND c.sha = p.sha
    ) END
    AND NOT EXISTS (
        SELECT
        FROM commit_people AS e
        INNER JOIN git_people AS o ON o.identity = e.identity
        WHERE NOT p.is_author AND e.repository_id = p.repository_id AND e.sha = p.sha
            AND e.place < p.place
            AND coalesce(o.person, pg_catalog.lower(coalesce(o.new_name, o.name)))
            = coalesce(g.person, pg_catalog.lower(coalesce(g.new_name, g.name)))
    );
COMMENT ON VIEW commit_authors IS
    'Authors and co-authors of commits with the employees they are, one row per commit and person';
COMMENT ON COLUMN commit_authors.role IS 'author or co-author';
COMMENT ON COLUMN commit_authors.name IS 'Name by .mailmap, else as recorded';
COMMENT ON COLUMN commit_authors.email IS
    'Address by .mailmap, else as recorded, in the form of mail_address()';
COMMENT ON COLUMN commit_authors.employee_email IS
    'Key of the employee; null if no employee has the address, or several';
COMMENT ON COLUMN commit_authors.is_ambiguous IS 'Whether several employees have the address';
COMMENT ON COLUMN commit_authors.repository_id IS 'Host, group and name, as in repositories.id';
COMMENT ON COLUMN commit_authors.sha IS 'Id of the commit';
COMMENT ON COLUMN commit_authors.authored_at IS 'When the commit was written';
COMMENT ON COLUMN commit_authors.committed_at IS
    'When it was made: later than authored_at after a rebase or cherry-pick';
