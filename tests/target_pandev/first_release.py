"""A store as the first release created it, with rows in all of its tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[tuple[Any, ...]]

FIRST_RELEASE = Path(__file__).parent / "fixtures" / "first_release"
MIGRATIONS = {int(file.name[:4]): file for file in sorted(FIRST_RELEASE.glob("[0-9]*.sql"))}
ROWS = {int(file.stem[-4:]): file for file in FIRST_RELEASE.glob("rows_*.sql")}


def create_old_store(connection: Connection, version: int) -> None:
    """Create the tables and views of a version as its release did, with rows in all tables."""
    connection.execute(
        "CREATE TABLE schema_versions "
        "(version integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL)"
    )
    for number in range(1, version + 1):
        file = MIGRATIONS[number]
        connection.execute(file.read_bytes())
        connection.execute(
            "INSERT INTO schema_versions VALUES (%s, %s, now())", (number, file.name)
        )
    insert_rows(connection, range(1, version + 1))


def insert_rows(connection: Connection, versions: range) -> None:
    """Insert the rows of the tables of some versions."""
    for version in versions:
        if version in ROWS:
            connection.execute(ROWS[version].read_bytes())
