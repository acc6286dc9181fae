"""Connect to PostgreSQL, and describe its errors without addresses, passwords or values of rows."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

import psycopg
from psycopg import errors, sql
from psycopg.conninfo import conninfo_to_dict

from target_pandev.database.pooler import is_pooled_by_transaction
from target_pandev.errors import StoreError
from target_pandev.sql import split_statements

if TYPE_CHECKING:
    from collections.abc import Iterator

MIN_SERVER_VERSION = 15
ENCODING = "UTF8"
DEFAULTS = {
    "jit": "off",  # takes longer than these statements themselves
    "client_min_messages": "warning",
    "work_mem": "64MB",  # a batch is sorted in memory
    "lock_timeout": "5min",  # another session may hold a lock, an open transaction of psql say
}
"""Settings of PostgreSQL that `options` in the store_url, or PGOPTIONS, may change."""
FIXED = {
    "timezone": "UTC",  # applies to timestamps without an offset
    "datestyle": "ISO, YMD",
    "quote_all_identifiers": "off",  # names of types are compared
    "standard_conforming_strings": "on",  # a backslash in a statement is a backslash
    "default_transaction_isolation": "read committed",  # others keep an old snapshot
}
"""Settings that change what is stored or read, whatever the environment, role or database says."""
SET_ALL = """
SELECT pg_catalog.set_config(name, value, false)
FROM ROWS FROM (
    pg_catalog.unnest(%(names)s::text[]), pg_catalog.unnest(%(values)s::text[])
) AS given (name, value)
WHERE NOT (
    name = ANY (%(defaults)s)
    AND name IN (SELECT name FROM pg_catalog.pg_settings WHERE source = 'client')
)
"""

Connection: TypeAlias = "psycopg.Connection[tuple[Any, ...]]"


def connect(conninfo: str) -> Connection:
    """Return a connection to a server of a supported version. Raises `StoreError`."""
    try:
        address = conninfo_to_dict(conninfo)
    except psycopg.ProgrammingError:
        raise StoreError(
            "store_url: not a PostgreSQL address, expected postgresql://user@host:5432/database"
        ) from None
    server = f"{address.get('host', 'localhost')}:{address.get('port', 5432)}"
    if not re.fullmatch(r"([\w.:,-]+|/[^@]*):[\d,]+", server):
        raise StoreError(
            "store_url: cannot parse host and port; write @ : / in user and password as %40 %3A %2F"
        )
    try:
        connection = psycopg.connect(
            conninfo,
            autocommit=True,
            application_name="target-pandev",
            client_encoding=ENCODING,
        )
    except psycopg.OperationalError as error:
        raise StoreError(
            f"store_url: cannot connect to the store at {server}: "
            f"{_connection_error_reason(error)}; check that PostgreSQL is running there and that "
            "user and password are correct"
        ) from None
    try:
        with translate_errors(connection, "store_url"):
            _validate_server(connection, server)
            _set_session(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _validate_server(connection: Connection, server: str) -> None:
    """Raise `StoreError` if the version, the encoding or a pooler is not supported."""
    if connection.info.server_version < MIN_SERVER_VERSION * 10_000:
        version = connection.info.parameter_status("server_version")
        raise StoreError(
            f"store_url: the store at {server} is PostgreSQL {version}, expected "
            f"{MIN_SERVER_VERSION} or newer"
        )
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != ENCODING:
        raise StoreError(
            f"store_url: the database {connection.info.dbname} has the encoding {encoding}, "
            f"expected {ENCODING}; create another one with ENCODING '{ENCODING}' TEMPLATE template0"
        )
    if is_pooled_by_transaction(connection):
        raise StoreError(
            f"store_url: the pooler at {server} gives each transaction another session of "
            "PostgreSQL (pool_mode transaction of PgBouncer); use the address of PostgreSQL "
            "itself, or a pool with pool_mode session"
        )


def _set_session(connection: Connection) -> None:
    """Set what the statements rely on, after connecting: a pooler drops options of the startup."""
    settings = {**DEFAULTS, **FIXED}
    parameters = {
        "names": list(settings),
        "values": list(settings.values()),
        "defaults": list(DEFAULTS),
    }
    connection.execute(SET_ALL, parameters)


def execute_each(connection: Connection, text: str) -> None:
    """Run the statements of a migration or view, one at a time: Citus cannot pass on several.

    A statement with a binary result is the only one of its message, or PostgreSQL refuses it too.
    """
    with connection.cursor(binary=True) as cursor:
        for statement in split_statements(text):
            cursor.execute(statement.encode())


@contextmanager
def translate_errors(connection: Connection, action: str) -> Iterator[None]:
    """Raise errors of PostgreSQL as `StoreError`, which contains no value of a row."""
    try:
        yield
    except psycopg.Error as error:
        description = describe_error(error)
        if connection.closed:
            description = f"the connection to the store was lost ({description})"
        elif isinstance(error, errors.LockNotAvailable):
            description = (
                f"another session of the store held a lock for too long ({description}); end it"
            )
        raise StoreError(
            f"{action}: {description}; earlier batches are stored, so fix the cause and run again"
        ) from None


def describe_error(error: psycopg.Error) -> str:
    """Return the kind of an error of PostgreSQL; its own text may contain a value of a row."""
    words = re.sub(r"(?<!^)(?=[A-Z])", " ", type(error).__name__).lower()
    return f"{words}, SQLSTATE {error.sqlstate or 'none'}"


def search_path_option(schema: str) -> str:
    """Return the option of libpq, for PGOPTIONS, that makes `schema` a session's search path."""
    value = sql.Identifier(schema).as_string()
    escaped = value.replace("\\", "\\\\").replace(" ", "\\ ")  # an unescaped space ends a value
    return f"-c search_path={escaped}"


def _connection_error_reason(error: psycopg.OperationalError) -> str:
    """Return why a connection failed, without the address that libpq puts before it."""
    if isinstance(error, errors.InvalidPassword):
        return "the password was rejected"
    lines = str(error).strip().splitlines()
    reason = next((line for line in lines if "failed: " in line), lines[-1])
    return reason.rsplit("failed: ", 1)[-1].removeprefix("FATAL:").strip()
