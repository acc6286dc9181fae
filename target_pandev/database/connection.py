"""Connect to PostgreSQL, and describe its errors without addresses, passwords or values of rows."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

import psycopg
from psycopg import errors, sql
from psycopg.conninfo import conninfo_to_dict

from target_pandev.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

MIN_SERVER_VERSION = 15
DEFAULTS = {
    "jit": "off",  # takes longer than these statements themselves
    "client_min_messages": "warning",
    "work_mem": "64MB",  # a batch is sorted in memory
    "lock_timeout": "5min",  # another session may hold a lock, an open transaction of psql say
}
"""Settings of PostgreSQL that the options of a store_url may change."""
FIXED = {
    "timezone": "UTC",  # applies to timestamps without an offset
    "datestyle": "ISO, YMD",
}

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
            options=" ".join(_options(address)),
        )
    except psycopg.OperationalError as error:
        raise StoreError(
            f"store_url: cannot connect to the store at {server}: "
            f"{_connection_error_reason(error)}; check that PostgreSQL is running there and that "
            "user and password are correct"
        ) from None
    if connection.info.server_version < MIN_SERVER_VERSION * 10_000:
        version = connection.info.parameter_status("server_version")
        connection.close()
        raise StoreError(
            f"store_url: the store at {server} is PostgreSQL {version}, expected "
            f"{MIN_SERVER_VERSION} or newer"
        )
    return connection


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


def _options(address: dict[str, Any]) -> Iterator[str]:
    yield from map(_option, DEFAULTS.items())
    if address.get("options"):
        yield str(address["options"])
    yield from map(_option, FIXED.items())


def search_path_option(schema: str) -> str:
    """Return the option of libpq, for PGOPTIONS, that makes `schema` a session's search path."""
    return _option(("search_path", sql.Identifier(schema).as_string()))


def _option(setting: tuple[str, str]) -> str:
    """Return a setting as an option of libpq, in which an unescaped space ends a value."""
    name, value = setting
    escaped = value.replace("\\", "\\\\").replace(" ", "\\ ")
    return f"-c {name}={escaped}"


def _connection_error_reason(error: psycopg.OperationalError) -> str:
    """Return why a connection failed, without the address that libpq puts before it."""
    if isinstance(error, errors.InvalidPassword):
        return "the password was rejected"
    lines = str(error).strip().splitlines()
    reason = next((line for line in lines if "failed: " in line), lines[-1])
    return reason.rsplit("failed: ", 1)[-1].removeprefix("FATAL:").strip()
