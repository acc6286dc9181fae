-- Resolve recorded addresses and names by the .mailmap of their repository and by employees. An entry of
-- .mailmap with a name takes precedence over one for any name. Returns the persons who have other commits.
UPDATE git_people AS g
SET new_name = r.new_name, address = r.address, employee_email = r.employee_email,
    is_ambiguous = r.is_ambiguous, person = r.person
FROM (
    SELECT i.identity, i.former_person, i.new_name, i.address, a.employee_email,
        coalesce(a.is_ambiguous, false) AS is_ambiguous, coalesce(a.employee_email, i.address) AS person
    FROM (
        SELECT i.identity, i.person AS former_person,
            CASE WHEN n.email IS NULL THEN m.new_name ELSE n.new_name END AS new_name,
            mail_address(
                coalesce(CASE WHEN n.email IS NULL THEN m.new_email ELSE n.new_email END, i.email)
            ) AS address
        FROM git_people AS i
        LEFT JOIN mailmap_entries AS n
            ON n.repository_id = i.repository_id
            AND n.email = pg_catalog.lower(pg_catalog.btrim(i.email))
            AND n.name = pg_catalog.lower(pg_catalog.btrim(i.name))
            AND n.name <> ''
        LEFT JOIN mailmap_entries AS m
            ON m.repository_id = i.repository_id
            AND m.email = pg_catalog.lower(pg_catalog.btrim(i.email))
            AND m.name = ''
        WHERE {in_scope}
    ) AS i
    LEFT JOIN employee_addresses AS a ON a.address = i.address
) AS r
WHERE g.identity = r.identity
    AND (g.new_name, g.address, g.employee_email, g.is_ambiguous, g.person)
    IS DISTINCT FROM (r.new_name, r.address, r.employee_email, r.is_ambiguous, r.person)
RETURNING r.former_person, g.person
