-- The largest table that a view reads, directly or through other views.
WITH RECURSIVE relations AS (
    SELECT pg_catalog.to_regclass(%s)::oid AS oid
    UNION
    SELECT d.refobjid
    FROM relations AS r
    INNER JOIN pg_catalog.pg_rewrite AS w ON w.ev_class = r.oid
    INNER JOIN pg_catalog.pg_depend AS d
        ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = w.oid
        AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
)
SELECT c.relname::text
FROM relations AS r
INNER JOIN pg_catalog.pg_class AS c ON c.oid = r.oid
WHERE c.relkind = 'r'
ORDER BY c.reltuples DESC, c.relname
LIMIT 1
