"""A store in which every figure of the page has something to show, with times relative to now."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from target_pandev.database.people import derive_all_people
from target_pandev.database.resolved_links import resolve_all_links
from target_pandev.database.transitions import derive_all_transitions
from tests.pandev.report_store import connect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

ROWS = Path(__file__).parent / "fixtures" / "page_rows.sql"
BLOCKED = """
FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
"""The connections that wait for a lock."""


def fill_page(database: str) -> None:
    """Insert the rows into an empty store."""
    with connect(database) as connection, connection.transaction():
        connection.execute(ROWS.read_bytes())
        derive_all_people(connection)
        derive_all_transitions(connection)
        resolve_all_links(connection)


def query_store(
    shorthands: Mapping[str, str], database: str, statement: str
) -> list[tuple[Any, ...]]:
    """Return rows of the store, for a statement with shorthands, which are replaced in order."""
    for name, text in shorthands.items():
        statement = statement.replace(name, text)
    with connect(database) as connection:
        return connection.execute(statement.encode()).fetchall()


@contextmanager
def locked(database: str, table: str) -> Iterator[Callable[[], object]]:
    """Let every read of a table wait until the context ends, or what it yields is called."""
    with connect(database) as connection:
        connection.execute(f"BEGIN; LOCK TABLE {table}".encode())
        yield connection.commit


def count_blocked(database: str) -> int:
    """Return how many connections wait for a lock."""
    ((count,),) = query_store({}, database, f"SELECT count(*) {BLOCKED}")
    return int(count)
