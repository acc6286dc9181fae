-- The owner of a schema, whether the current role is the owner or an explicit member of it (a superuser is
-- not a member of every role here), whether it may create there, and who else may.
WITH RECURSIVE memberships (oid) AS (
    SELECT oid FROM pg_roles WHERE rolname = current_user
    UNION
    SELECT m.roleid FROM pg_auth_members AS m INNER JOIN memberships AS r ON r.oid = m.member
)
SELECT
    pg_catalog.pg_get_userbyid(n.nspowner) AS owner,
    n.nspowner IN (SELECT oid FROM memberships) AS is_owner,
    pg_catalog.has_schema_privilege(n.oid, 'CREATE') AS may_create,
    ARRAY(
        SELECT CASE a.grantee WHEN 0 THEN 'everyone' ELSE pg_catalog.pg_get_userbyid(a.grantee)::text END
        FROM pg_catalog.aclexplode(n.nspacl) AS a
        WHERE
            a.privilege_type = 'CREATE' AND a.grantee <> n.nspowner
            AND a.grantee NOT IN (SELECT oid FROM memberships)
        ORDER BY 1
    ) AS creators
FROM pg_namespace AS n
WHERE n.nspname = %s
