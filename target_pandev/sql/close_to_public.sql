-- In a server of our own, a role may do nothing that it was not granted: connect to other databases, or fill the
-- disk with temporary tables and large objects.
REVOKE ALL ON DATABASE pandev, postgres, template1 FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION pg_catalog.lo_creat(integer), pg_catalog.lo_create(oid),
    pg_catalog.lo_from_bytea(oid, bytea) FROM PUBLIC;
