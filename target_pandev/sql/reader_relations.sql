-- Tables and views of a schema on which the current role can grant rights: the relations that a reader reads.
SELECT c.relname
FROM pg_class AS c
WHERE
    c.relnamespace = pg_catalog.to_regnamespace(%(schema)s)
    AND c.relkind IN ('r', 'p', 'f', 'v', 'm')
    AND pg_catalog.pg_has_role(c.relowner, 'USAGE')
ORDER BY c.relname
