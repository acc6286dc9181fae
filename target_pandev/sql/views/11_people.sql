-- Users of ClickUp, authors of commits and addresses of editor activity, with the employees they are.
-- Cost: for the source clickup all users and employees; for git all of commit_authors; for ide one
-- lookup in the key of ide_intervals for each address, however many intervals it has.

CREATE OR REPLACE VIEW people AS
SELECT p.source, p.workspace_id, p.user_id, p.name, p.email, p.employee_email,
    CASE
        WHEN p.employee_email IS NOT NULL THEN 'matched'
        WHEN p.is_ambiguous THEN 'ambiguous'
        ELSE 'unmatched'
    END AS match,
    e.name AS employee_name, e.position, e.team, e.department,
    coalesce(e.is_archived, false) AS is_archived,
    p.is_service_user, p.commit_count, p.last_commit_at
FROM (
    SELECT 'clickup' AS source, u.workspace_id, u.id AS user_id, u.username AS name,
        mail_address(u.email) AS email, a.employee_email,
        coalesce(a.is_ambiguous, false) AS is_ambiguous,
        coalesce(u.is_service_user, false) AS is_service_user,
        NULL::bigint AS commit_count, NULL::timestamptz AS last_commit_at
    FROM users AS u
    LEFT JOIN employee_addresses AS a ON a.address = mail_address(u.email)
    UNION ALL
    SELECT 'git', NULL, NULL,
        (pg_catalog.array_agg(c.name ORDER BY c.authored_at DESC NULLS LAST, c.name))[1],
        c.email, c.employee_email, c.is_ambiguous, false,
        pg_catalog.count(*), pg_catalog.max(c.authored_at)
    FROM commit_authors AS c
    GROUP BY c.email, c.employee_email, c.is_ambiguous
    UNION ALL
    SELECT 'ide', NULL, NULL, NULL, i.email, a.employee_email, coalesce(a.is_ambiguous, false),
        false, NULL, NULL
    FROM (
        WITH RECURSIVE addresses AS (
            SELECT pg_catalog.min(i.email) AS email FROM ide_intervals AS i
            UNION ALL
            SELECT (SELECT pg_catalog.min(i.email) FROM ide_intervals AS i WHERE i.email > d.email)
            FROM addresses AS d
            WHERE d.email IS NOT NULL
        )

        SELECT DISTINCT mail_address(d.email) AS email
        FROM addresses AS d
        WHERE d.email IS NOT NULL
    ) AS i
    LEFT JOIN employee_addresses AS a ON a.address = i.email
) AS p
LEFT JOIN employees AS e ON e.email = p.employee_email;
COMMENT ON VIEW people IS
    'Users of each ClickUp workspace, addresses of commits and addresses of editor activity, one row '
    'each, with their employees';
COMMENT ON COLUMN people.source IS 'clickup, git, or ide for active time in editors';
COMMENT ON COLUMN people.user_id IS 'Id of the user in ClickUp; null for other sources';
COMMENT ON COLUMN people.name IS
    'Username in ClickUp, or the name in the newest commit; null for ide';
COMMENT ON COLUMN people.email IS 'Address in the form of mail_address(); null if it has none';
COMMENT ON COLUMN people.employee_email IS 'Key of the employee; null unless matched';
COMMENT ON COLUMN people.match IS
    'matched, ambiguous if several employees have the address, or unmatched';
COMMENT ON COLUMN people.is_service_user IS
    'Whether this is the user of tap-clickup''s token, not a person';
COMMENT ON COLUMN people.commit_count IS
    'Commits with this address; null for other sources';
COMMENT ON COLUMN people.is_archived IS 'Whether the employee has left';
COMMENT ON COLUMN people.workspace_id IS 'Workspace of the user in ClickUp; null for other sources';
COMMENT ON COLUMN people.employee_name IS 'Name of the employee; null unless matched';
COMMENT ON COLUMN people.position IS 'Of the employee, as last loaded';
COMMENT ON COLUMN people.team IS 'Of the employee, as last loaded';
COMMENT ON COLUMN people.department IS 'Of the employee, as last loaded';
COMMENT ON COLUMN people.last_commit_at IS
    'When the newest commit with this address was written; null for other sources';
