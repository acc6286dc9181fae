-- A role by its name, with its description.
SELECT r.oid, pg_catalog.shobj_description(r.oid, 'pg_authid') AS description
FROM pg_roles AS r
WHERE r.rolname = %(role)s
