"""Logins that read the store and change nothing: for BI tools and dashboards.

A reader reads every table and view of the schema, now and later, except the private tables. It is
known again by its description, so a role that was created elsewhere is never changed or dropped.
PostgreSQL gets a password as a SCRAM verifier only, so no log of a server contains it.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg
from psycopg import errors, sql

from plugin_settings.guides import GUIDES
from target_pandev.columns import NAME_BYTES
from target_pandev.database.connection import connect, describe_error
from target_pandev.database.migrate import lock_ddl
from target_pandev.database.private_tables import PRIVATE_TABLES, READER_DESCRIPTION
from target_pandev.database.sql_text import COMMA
from target_pandev.errors import StoreError
from target_pandev.sql import read_statement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg.sql import Composable, Composed

    from target_pandev.database.connection import Connection

CONNECTION_LIMIT = 20
LIMITS = {
    "default_transaction_read_only": "on",
    "statement_timeout": "5min",
    "idle_in_transaction_session_timeout": "10min",  # its locks would delay a migration
}
"""Settings of a reader's sessions, which a session may change: its rights are what protects."""


@dataclass(frozen=True)
class Reader:
    """A reader as it is now; `keeps_sessions` if those with an older password could not be ended.

    `address` is the host and port of the server.
    """

    is_new: bool
    relation_count: int
    keeps_sessions: bool
    address: str
    database: str


def reader_exists(conninfo: str, schema: str, role: str) -> bool:
    """Return whether a reader exists. Raises `StoreError` if the role is not one of ours."""
    with _session(conninfo, schema, role) as connection:
        return _find_reader(connection, role) is not None


def save_reader(
    conninfo: str, schema: str, role: str, *, password: str | None, is_embedded: bool = False
) -> Reader:
    """Create a reader, or give one its rights again; without a password it keeps its own.

    A new password ends the sessions that have the old one. An embedded server is closed to what a
    role was not granted. Raises `StoreError`.
    """
    with _session(conninfo, schema, role) as connection:
        existing = _find_reader(connection, role)
        if existing is None:
            run_statement(connection, "CREATE ROLE {}", _name(role))
        _set_attributes(connection, schema, role)
        if password is not None:
            _set_password(connection, role, password)
        if is_embedded:
            connection.execute(read_statement("close_to_public").encode())
        relations = _grant(connection, schema, role)
        has_new_password = existing is not None and password is not None
        ended = _end_sessions(connection, existing) if has_new_password else True
        info = connection.info
        return Reader(
            is_new=existing is None,
            relation_count=len(relations),
            keeps_sessions=not ended,
            address=f"{info.host}:{info.port}",
            database=info.dbname,
        )


def drop_reader(conninfo: str, schema: str, role: str) -> bool:
    """Drop a reader; return whether its sessions were ended. Raises `StoreError` if it is none."""
    with _session(conninfo, schema, role, needs_schema=False) as connection:
        existing = _find_reader(connection, role)
        if existing is None:
            raise StoreError(f"role {role}: does not exist; --role names another")
        _revoke(connection, schema, role)
        ended = _end_sessions(connection, existing)
        try:
            run_statement(connection, "DROP ROLE {}", _name(role))
        except errors.DependentObjectsStillExist:
            raise StoreError(
                f"role {role}: has rights outside the schema {schema}; as a superuser, run DROP "
                "OWNED BY for it in each database, then this again"
            ) from None
        return ended


@contextmanager
def _session(
    conninfo: str, schema: str, role: str, *, needs_schema: bool = True
) -> Iterator[Connection]:
    """Yield a connection in a transaction in which no migration runs."""
    if len(role.encode()) > NAME_BYTES:
        raise StoreError(f"role {role}: longer than {NAME_BYTES} bytes; choose a shorter --role")
    with connect(conninfo) as connection:
        try:
            with connection.transaction():
                lock_ddl(connection)
                _require_rights(connection, schema, needs_schema=needs_schema)
                yield connection
        except errors.ReservedName:
            raise StoreError(f"role {role}: PostgreSQL reserves this name") from None
        except psycopg.Error as error:
            raise StoreError(f"role {role}: {describe_error(error)}") from None


def _require_rights(connection: Connection, schema: str, *, needs_schema: bool) -> None:
    row = connection.execute(
        read_statement("reader_rights"), {"schema": _name(schema).as_string()}
    ).fetchone()
    may_create_roles, has_schema, is_schema_owner = row or (False, False, False)
    if not may_create_roles:
        raise StoreError(
            "store_url: its user may not create roles; grant it CREATEROLE, or create the reader "
            f"by hand: {GUIDES}/database-roles.md"
        )
    if needs_schema and not has_schema:
        raise StoreError(f"store_schema {schema}: does not exist; load the store once before")
    if needs_schema and not is_schema_owner:
        raise StoreError(
            f"store_schema {schema}: belongs to another role, which alone may grant rights on it"
        )


def _find_reader(connection: Connection, role: str) -> int | None:
    """Return the oid of a reader, None if there is no such role."""
    row = connection.execute(read_statement("reader_role"), {"role": role}).fetchone()
    if row is None:
        return None
    oid, description = row
    if description != READER_DESCRIPTION:
        raise StoreError(
            f"role {role}: was not created by pandev store reader; choose another --role"
        )
    return int(oid)


def _set_attributes(connection: Connection, schema: str, role: str) -> None:
    name = _name(role)
    run_statement(connection, "COMMENT ON ROLE {} IS {}", name, sql.Literal(READER_DESCRIPTION))
    limit = sql.Literal(CONNECTION_LIMIT)
    run_statement(connection, "ALTER ROLE {} LOGIN NOINHERIT CONNECTION LIMIT {}", name, limit)
    for setting, value in {**LIMITS, "search_path": schema}.items():
        run_statement(
            connection, "ALTER ROLE {} SET {} TO {}", name, _name(setting), sql.Literal(value)
        )


def _set_password(connection: Connection, role: str, password: str) -> None:
    encrypt = connection.pgconn.encrypt_password
    verifier = encrypt(password.encode(), role.encode(), b"scram-sha-256").decode()
    run_statement(connection, "ALTER ROLE {} PASSWORD {}", _name(role), sql.Literal(verifier))


def _grant(connection: Connection, schema: str, role: str) -> list[str]:
    """Grant what a reader reads, and no other right on it; return the tables and views."""
    name = _name(role)
    relations = _relations(connection, schema)
    readable = [relation for relation in relations if relation not in PRIVATE_TABLES]
    if relations:
        run_statement(connection, "REVOKE ALL ON {} FROM {}", _in_schema(schema, relations), name)
    if readable:
        run_statement(connection, "GRANT SELECT ON {} TO {}", _in_schema(schema, readable), name)
    run_statement(connection, "GRANT USAGE ON SCHEMA {} TO {}", _name(schema), name)
    run_statement(
        connection,
        "ALTER DEFAULT PRIVILEGES IN SCHEMA {} GRANT SELECT ON TABLES TO {}",
        _name(schema),
        name,
    )
    database = connection.info.dbname
    run_statement(connection, "GRANT CONNECT ON DATABASE {} TO {}", _name(database), name)
    connects = connection.execute(
        "SELECT pg_catalog.has_database_privilege(%s, pg_catalog.current_database(), 'CONNECT')",
        (role,),
    ).fetchone()
    if connects != (True,):
        raise StoreError(
            f"role {role}: may not connect to the database {database}; its owner has to grant the "
            "store's user CONNECT with grant option"
        )
    return readable


def _revoke(connection: Connection, schema: str, role: str) -> None:
    name = _name(role)
    if relations := _relations(connection, schema):
        run_statement(connection, "REVOKE ALL ON {} FROM {}", _in_schema(schema, relations), name)
    if (
        connection.execute("SELECT FROM pg_namespace WHERE nspname = %s", (schema,)).fetchone()
        is not None
    ):
        run_statement(connection, "REVOKE ALL ON SCHEMA {} FROM {}", _name(schema), name)
        run_statement(
            connection,
            "ALTER DEFAULT PRIVILEGES IN SCHEMA {} REVOKE ALL ON TABLES FROM {}",
            _name(schema),
            name,
        )
    database = _name(connection.info.dbname)
    run_statement(connection, "REVOKE ALL ON DATABASE {} FROM {}", database, name)


def _end_sessions(connection: Connection, role_oid: int | None) -> bool:
    """End the sessions of a role; return False if the current role may not."""
    try:
        with connection.transaction():
            connection.execute(read_statement("end_sessions"), {"role": role_oid})
    except errors.InsufficientPrivilege:
        return False
    return True


def _relations(connection: Connection, schema: str) -> list[str]:
    rows = connection.execute(
        read_statement("reader_relations"), {"schema": _name(schema).as_string()}
    )
    return [str(relation) for (relation,) in rows]


def run_statement(connection: Connection, statement: str, *parts: Composable) -> None:
    """Execute a statement after putting names and literals into it."""
    composed: Composed = sql.SQL(statement).format(*parts)
    connection.execute(composed)


def _in_schema(schema: str, relations: list[str]) -> Composed:
    return COMMA.join(sql.Identifier(schema, relation) for relation in relations)


def _name(name: str) -> sql.Identifier:
    return sql.Identifier(name)
