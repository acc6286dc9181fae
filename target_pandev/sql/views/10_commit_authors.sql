-- The people of each commit: its author, and the co-authors that Co-authored-by lines of its message
-- name, by the .mailmap of its repository. A person counts once per commit, as author first.
-- Deleted commits are left out.
-- Cost: for one commit its row, its repository by key, and all employees; in a join the same, if the
-- view is in a LATERAL subquery with OFFSET 0. The newest rows are read by the index on committed_at, with
-- all entries of .mailmap. All rows: one pass over the commits, two over those with co-authors, which
-- have an index, and all employees twice.
-- The parts of the first UNION have no conditions of their own, and there is no WITH: PostgreSQL would not
-- read them by index. For m.name = '' it would expect a row for each repository, and read all for each commit.

CREATE OR REPLACE VIEW commit_authors AS
SELECT p.repository_id, p.sha, CASE WHEN p.is_author THEN 'author' ELSE 'co-author' END AS role,
    p.name, p.email, a.employee_email, coalesce(a.is_ambiguous, false) AS is_ambiguous,
    p.authored_at, p.committed_at
FROM (
    SELECT c.repository_id, c.sha, c.is_author, t.place, c.authored_at, c.committed_at,
        coalesce(CASE WHEN n.email IS NULL THEN m.new_name ELSE n.new_name END, t.name) AS name,
        mail_address(
            coalesce(CASE WHEN n.email IS NULL THEN m.new_email ELSE n.new_email END, t.email)
        ) AS email
    FROM (
        SELECT c.repository_id, c.sha, c.author_name, c.author_email, c.authored_at, c.committed_at,
            c.message, c._sdc_deleted_at, true AS is_author
        FROM commits AS c
        UNION ALL
        SELECT c.repository_id, c.sha, c.author_name, c.author_email, c.authored_at, c.committed_at,
            c.message, c._sdc_deleted_at, false
        FROM commits AS c
    ) AS c
    CROSS JOIN LATERAL (
        SELECT 0 AS place, c.author_name AS name, c.author_email AS email
        WHERE c.is_author
        UNION ALL
        SELECT l.place, pg_catalog.btrim(l.parts[1], E' \t"'), l.parts[2]
        FROM pg_catalog.regexp_matches(
            CASE WHEN NOT c.is_author THEN c.message END,
            '^[ \t]*co-authored-by:([^<\n]*)<([^<>\n]*)>', 'gin'
        ) WITH ORDINALITY AS l (parts, place)
    ) AS t
    LEFT JOIN mailmap_entries AS n
        ON n.repository_id = c.repository_id
        AND n.email = pg_catalog.lower(pg_catalog.btrim(t.email))
        AND n.name = pg_catalog.lower(pg_catalog.btrim(t.name))
        AND n.name <> ''
    LEFT JOIN mailmap_entries AS m
        ON m.repository_id = c.repository_id
        AND m.email = pg_catalog.lower(pg_catalog.btrim(t.email))
        AND NOT coalesce(m.name <> '', false)
    WHERE c._sdc_deleted_at IS NULL AND (c.is_author OR c.message ~* 'co-authored-by:')
) AS p
LEFT JOIN employee_addresses AS a ON a.address = p.email
WHERE NOT EXISTS (
    SELECT
    FROM (
        SELECT c.repository_id, c.sha, t.place,
            coalesce(CASE WHEN n.email IS NULL THEN m.new_name ELSE n.new_name END, t.name) AS name,
            mail_address(
                coalesce(CASE WHEN n.email IS NULL THEN m.new_email ELSE n.new_email END, t.email)
            ) AS email
        FROM commits AS c
        CROSS JOIN LATERAL (
            SELECT 0 AS place, c.author_name AS name, c.author_email AS email
            UNION ALL
            SELECT l.place, pg_catalog.btrim(l.parts[1], E' \t"'), l.parts[2]
            FROM pg_catalog.regexp_matches(
                c.message, '^[ \t]*co-authored-by:([^<\n]*)<([^<>\n]*)>', 'gin'
            ) WITH ORDINALITY AS l (parts, place)
        ) AS t
        LEFT JOIN mailmap_entries AS n
            ON n.repository_id = c.repository_id
            AND n.email = pg_catalog.lower(pg_catalog.btrim(t.email))
            AND n.name = pg_catalog.lower(pg_catalog.btrim(t.name))
            AND n.name <> ''
        LEFT JOIN mailmap_entries AS m
            ON m.repository_id = c.repository_id
            AND m.email = pg_catalog.lower(pg_catalog.btrim(t.email))
            AND NOT coalesce(m.name <> '', false)
        WHERE c.message ~* 'co-authored-by:'
    ) AS e
    LEFT JOIN employee_addresses AS b ON b.address = e.email
    WHERE NOT p.is_author AND e.repository_id = p.repository_id AND e.sha = p.sha AND e.place < p.place
        AND coalesce(b.employee_email, e.email, pg_catalog.lower(e.name))
        = coalesce(a.employee_email, p.email, pg_catalog.lower(p.name))
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
