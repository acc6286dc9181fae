-- Whether the current role may create roles, whether the schema exists, and whether it may grant rights on it.
SELECT
    r.rolsuper OR r.rolcreaterole AS may_create_roles,
    n.oid IS NOT NULL AS has_schema,
    n.oid IS NOT NULL AND pg_catalog.pg_has_role(n.nspowner, 'USAGE') AS is_schema_owner
FROM pg_roles AS r
LEFT JOIN pg_namespace AS n ON n.oid = pg_catalog.to_regnamespace(%(schema)s)
WHERE r.rolname = current_user
