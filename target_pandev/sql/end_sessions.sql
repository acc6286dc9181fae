-- End the sessions of a role.
SELECT pg_catalog.count(pg_catalog.pg_terminate_backend(a.pid))
FROM pg_stat_activity AS a
WHERE a.usesysid = %(role)s
