"""The database's part of a backup: a snapshot to dump, and an empty schema to restore.

PostgreSQL's own programs do the rest, see `target_pandev.backup`.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg
from psycopg import pq, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from target_pandev.database.connection import connect, describe_error
from target_pandev.database.migrate import lock_ddl
from target_pandev.database.private_tables import hide_private_tables
from target_pandev.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_pandev.database.connection import Connection

TABLES = """
SELECT relname FROM pg_class
WHERE relnamespace = pg_catalog.to_regnamespace(%s) AND relkind = 'r' ORDER BY relname
"""
SECRET = b"*"
"""How libpq marks its options that are not shown."""
HAS_RELATIONS = """
SELECT EXISTS (SELECT FROM pg_class WHERE relnamespace = pg_catalog.to_regnamespace(%s))
"""


@dataclass(frozen=True)
class Snapshot:
    """The state of a schema that pg_dump sees by the snapshot's id, while others write.

    `schema_pattern` matches the schema's name only.
    """

    snapshot_id: str
    schema_pattern: str
    server_version: int
    row_count: int


@dataclass(frozen=True)
class EmptySchema:
    """A place to restore; the schema itself may have been created already."""

    server_version: int
    exists: bool


@contextmanager
def export_snapshot(conninfo: str, schema: str) -> Iterator[Snapshot]:
    """Yield a snapshot of a schema, valid within the block. Raises `StoreError`."""
    with _transaction(conninfo, f"store_schema {schema}: cannot be read") as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        if not _exists(connection, schema):
            raise StoreError(f"store_schema {schema}: does not exist, so there is nothing to dump")
        exported = connection.execute("SELECT pg_catalog.pg_export_snapshot()").fetchall()
        yield Snapshot(
            snapshot_id=str(exported[0][0]),
            schema_pattern=_identifier(schema),
            server_version=_major_version(connection),
            row_count=_count_rows(connection, schema),
        )


@contextmanager
def reserve_schema(conninfo: str, schema: str) -> Iterator[EmptySchema]:
    """Yield an empty schema that no load fills within the block. Raises `StoreError` if it is not.

    The block restores over another connection; loads wait until its end.
    """
    with _transaction(conninfo, f"store_schema {schema}: cannot be restored") as connection:
        lock_ddl(connection)
        if connection.execute(HAS_RELATIONS, (_identifier(schema),)).fetchall() != [(False,)]:
            raise StoreError(
                f"store_schema {schema}: already has tables, and a backup is only restored into an "
                "empty store; choose another store_dir, store_url or database"
            )
        yield EmptySchema(_major_version(connection), _exists(connection, schema))


def complete_schema(conninfo: str, schema: str) -> int:
    """Hide private tables and analyze a restored schema; return the number of rows.

    A backup lacks the planner's statistics, and default privileges show readers every new table.
    """
    with _transaction(conninfo, f"store_schema {schema}: restored, but not analyzed") as connection:
        hide_private_tables(connection, schema)
        for table in _tables(connection, schema):
            connection.execute(sql.SQL("ANALYZE {}").format(table))
        return _count_rows(connection, schema)


def separate_password(conninfo: str) -> tuple[str, dict[str, str]]:
    """Return an address without its password, and the password as an environment variable.

    Any user of the machine can read the command line of a process. Raises `StoreError`.
    """
    address = conninfo_to_dict(conninfo)
    password = address.pop("password", None)
    for option in pq.Conninfo.get_defaults():
        if option.dispchar == SECRET and (keyword := option.keyword.decode()) in address:
            raise StoreError(
                f"store_url: {keyword} would be visible in the list of processes; use a key file "
                "without a password"
            )
    environment = {} if password is None else {"PGPASSWORD": str(password)}
    return make_conninfo("", **address), environment


@contextmanager
def _transaction(conninfo: str, problem: str) -> Iterator[Connection]:
    """Yield a connection in a transaction that may be idle for as long as a program takes."""
    with connect(conninfo) as connection:
        try:
            with connection.transaction():
                connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
                yield connection
        except psycopg.Error as error:
            raise StoreError(f"{problem}: {describe_error(error)}") from None


def _identifier(schema: str) -> str:
    return sql.Identifier(schema).as_string()


def _exists(connection: Connection, schema: str) -> bool:
    rows = connection.execute(
        "SELECT pg_catalog.to_regnamespace(%s)", (_identifier(schema),)
    ).fetchall()
    return rows[0][0] is not None


def _tables(connection: Connection, schema: str) -> list[sql.Identifier]:
    rows = connection.execute(TABLES, (_identifier(schema),)).fetchall()
    return [sql.Identifier(schema, str(name)) for (name,) in rows]


def _count_rows(connection: Connection, schema: str) -> int:
    row_count = 0
    for table in _tables(connection, schema):
        counted = connection.execute(
            sql.SQL("SELECT pg_catalog.count(*) FROM {}").format(table)
        ).fetchall()
        row_count += int(counted[0][0])
    return row_count


def _major_version(connection: Connection) -> int:
    return connection.info.server_version // 10_000
