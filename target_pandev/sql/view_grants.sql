-- Privileges that roles other than the owner have on views or on columns of them.
-- The role is null for PUBLIC, the column is null for a privilege on the whole view.
SELECT c.relname AS view, a.attname AS column, r.rolname AS role, g.privilege_type, g.is_grantable
FROM pg_class AS c
CROSS JOIN LATERAL (
    SELECT 0 AS attnum, c.relacl AS acl
    UNION ALL
    SELECT v.attnum, v.attacl
    FROM pg_attribute AS v
    WHERE v.attrelid = c.oid
) AS p
CROSS JOIN LATERAL pg_catalog.aclexplode(p.acl) AS g
LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = p.attnum
LEFT JOIN pg_roles AS r ON r.oid = g.grantee
WHERE c.oid = ANY (%(views)s)
    AND g.grantee <> c.relowner
ORDER BY c.relname, a.attname NULLS FIRST, r.rolname, g.privilege_type
