"""Connects to PostgreSQL, and words what keeps it from connecting without showing the address."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict

if TYPE_CHECKING:
    from collections.abc import Iterator

OLDEST_SERVER = 15
DEFAULTS = {
    "jit": "off",  # slower than these statements themselves
    "client_min_messages": "warning",
    "work_mem": "64MB",  # a batch is sorted in memory
    "lock_timeout": "5min",  # for whoever is in the way, an open transaction in a tool for instance
}
"""Settings of PostgreSQL that the options of an address may change."""
FIXED = {
    "timezone": "UTC",  # what a moment without offset is taken for
    "datestyle": "ISO, YMD",
}

Connection: TypeAlias = "psycopg.Connection[tuple[Any, ...]]"


class StoreError(Exception):
    """The store cannot be used: one line that says what, where, and what to do."""


def connect(conninfo: str) -> Connection:
    """Return a connection to a server that is new enough. Raises `StoreError`."""
    try:
        address = conninfo_to_dict(conninfo)
    except psycopg.ProgrammingError:
        raise StoreError(
            "store_url: not a PostgreSQL address, expected postgresql://user@host:5432/database"
        ) from None
    where = f"{address.get('host', 'localhost')}:{address.get('port', 5432)}"
    if not re.fullmatch(r"([\w.:,-]+|/[^@]*):[\d,]+", where):
        raise StoreError(
            "store_url: no host and port can be told from it; write @ : / in user and password "
            "as %40 %3A %2F"
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
            f"store_url: no connection to the store at {where}: {_cause(error)}; "
            "check that PostgreSQL runs there and that user and password are right"
        ) from None
    if connection.info.server_version < OLDEST_SERVER * 10_000:
        found = connection.info.parameter_status("server_version")
        connection.close()
        raise StoreError(
            f"store_url: the store at {where} is PostgreSQL {found}, "
            f"{OLDEST_SERVER} or newer is needed"
        )
    return connection


@contextmanager
def failures_told(connection: Connection, doing: str) -> Iterator[None]:
    """Turn what PostgreSQL reports into a `StoreError` that holds no value of a row."""
    try:
        yield
    except psycopg.Error as error:
        what = in_words(error)
        if connection.closed:
            what = f"the connection to the store was lost ({what})"
        elif isinstance(error, errors.LockNotAvailable):
            what = f"another session of the store held a lock for too long ({what}); end it"
        raise StoreError(
            f"{doing}: {what}; what was stored before stays, so mend it and run again"
        ) from None


def in_words(error: psycopg.Error) -> str:
    """Return the kind of an error of PostgreSQL; its own text may hold the value of a row."""
    words = re.sub(r"(?<!^)(?=[A-Z])", " ", type(error).__name__).lower()
    return f"{words}, SQLSTATE {error.sqlstate or 'none'}"


def _options(address: dict[str, Any]) -> Iterator[str]:
    yield from map(_option, DEFAULTS.items())
    if address.get("options"):
        yield str(address["options"])
    yield from map(_option, FIXED.items())


def _option(setting: tuple[str, str]) -> str:
    name, value = setting
    return f"-c {name}={value.replace(' ', chr(92) + ' ')}"


def _cause(error: psycopg.OperationalError) -> str:
    """Return why a connection failed, without the address that libpq puts before it."""
    if isinstance(error, errors.InvalidPassword):
        return "the password is refused"
    lines = str(error).strip().splitlines()
    line = next((each for each in lines if "failed: " in each), lines[-1])
    return line.rsplit("failed: ", 1)[-1].removeprefix("FATAL:").strip()
