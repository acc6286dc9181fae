-- The people of each commit: its author, and the co-authors that Co-authored-by lines of its message
-- name, by the .mailmap of its repository. A person counts once per commit, as author first.
-- Deleted commits are left out.
-- Cost: for one commit its row, its repository by key, and all employees; in a join the same, if the
-- view is in a LATERAL subquery with OFFSET 0. All rows: one pass over the commits, another one over those
-- with co-authors, which have an index, and all employees twice.

CREATE OR REPLACE VIEW commit_authors AS
SELECT r.repository_id, r.sha, 'author' AS role, r.name, mail_address(r.email) AS email,
    a.employee_email, coalesce(a.is_ambiguous, false) AS is_ambiguous, r.authored_at, r.committed_at
FROM (
    SELECT c.repository_id, c.sha, c.authored_at, c.committed_at,
        coalesce(CASE WHEN n.email IS NULL THEN m.new_name ELSE n.new_name END, c.author_name) AS name,
        coalesce(CASE WHEN n.email IS NULL THEN m.new_email ELSE n.new_email END, c.author_email) AS email
    FROM commits AS c
    LEFT JOIN mailmap_entries AS n
        ON n.repository_id = c.repository_id
        AND n.email = pg_catalog.lower(pg_catalog.btrim(c.author_email))
        AND n.name = pg_catalog.lower(pg_catalog.btrim(c.author_name))
        AND n.name <> ''
    LEFT JOIN mailmap_entries AS m
        ON m.repository_id = c.repository_id
        AND m.email = pg_catalog.lower(pg_catalog.btrim(c.author_email)) AND m.name = ''
    WHERE c._sdc_deleted_at IS NULL
) AS r
LEFT JOIN employee_addresses AS a ON a.address = mail_address(r.email)
UNION ALL
SELECT p.repository_id, p.sha, 'co-author', p.name, p.email, p.employee_email, p.is_ambiguous,
    p.authored_at, p.committed_at
FROM (
    SELECT DISTINCT ON (
            r.repository_id, r.sha,
            coalesce(a.employee_email, mail_address(r.email), pg_catalog.lower(r.name))
        )
        r.repository_id, r.sha, r.place, r.name, mail_address(r.email) AS email, a.employee_email,
        coalesce(a.is_ambiguous, false) AS is_ambiguous, r.authored_at, r.committed_at
    FROM (
        SELECT c.repository_id, c.sha, c.authored_at, c.committed_at, t.place,
            coalesce(CASE WHEN n.email IS NULL THEN m.new_name ELSE n.new_name END, t.name) AS name,
            coalesce(CASE WHEN n.email IS NULL THEN m.new_email ELSE n.new_email END, t.email) AS email
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
            AND m.email = pg_catalog.lower(pg_catalog.btrim(t.email)) AND m.name = ''
        WHERE c._sdc_deleted_at IS NULL AND c.message ~* 'co-authored-by:'
    ) AS r
    LEFT JOIN employee_addresses AS a ON a.address = mail_address(r.email)
    ORDER BY r.repository_id, r.sha,
        coalesce(a.employee_email, mail_address(r.email), pg_catalog.lower(r.name)), r.place
) AS p
WHERE p.place > 0;
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
