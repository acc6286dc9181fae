-- Objects that depend on a view, directly or through other views: (name, description).
-- The name is that of a relation in the store's schema, and null for anything else.
WITH RECURSIVE views AS (
    SELECT %(view)s::oid AS oid
    UNION
    SELECT r.ev_class
    FROM views AS v
    INNER JOIN pg_depend AS d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = v.oid
    INNER JOIN pg_rewrite AS r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
),
dependents AS (
    SELECT 'pg_class'::regclass AS classid, v.oid AS objid
    FROM views AS v
    UNION
    -- Functions, columns and the like that use a view or its row type.
    SELECT d.classid, d.objid
    FROM views AS v
    INNER JOIN pg_class AS c ON c.oid = v.oid
    INNER JOIN pg_depend AS d
        ON (d.refclassid = 'pg_class'::regclass AND d.refobjid = v.oid)
        OR (d.refclassid = 'pg_type'::regclass AND d.refobjid = c.reltype)
    WHERE d.deptype = 'n' AND d.classid <> 'pg_rewrite'::regclass
)
SELECT c.relname, pg_catalog.pg_describe_object(d.classid, d.objid, 0)
FROM dependents AS d
LEFT JOIN pg_class AS c
    ON d.classid = 'pg_class'::regclass AND c.oid = d.objid
    AND c.relnamespace = (SELECT n.oid FROM pg_namespace AS n WHERE n.nspname = pg_catalog.current_schema())
WHERE NOT (d.classid = 'pg_class'::regclass AND d.objid = %(view)s::oid)
ORDER BY 2
