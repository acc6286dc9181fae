-- Readers that have a right on a private table, which default privileges give them on a new one.
SELECT DISTINCT c.relname, r.rolname
FROM pg_class AS c
CROSS JOIN LATERAL pg_catalog.aclexplode(c.relacl) AS g
INNER JOIN pg_roles AS r ON r.oid = g.grantee
WHERE
    c.relnamespace = pg_catalog.to_regnamespace(%(schema)s)
    AND c.relname = ANY (%(tables)s)
    AND pg_catalog.shobj_description(r.oid, 'pg_authid') = %(description)s
