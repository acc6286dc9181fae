"""A store in which every figure of the page has something to show, with times relative to now."""

from __future__ import annotations

from pathlib import Path

from target_pandev.database.people import derive_all_people
from target_pandev.database.resolved_links import resolve_all_links
from target_pandev.database.transitions import derive_all_transitions
from tests.pandev.report_store import connect

ROWS = Path(__file__).parent / "fixtures" / "page_rows.sql"


def fill_page(database: str) -> None:
    """Insert the rows into an empty store."""
    with connect(database) as connection, connection.transaction():
        connection.execute(ROWS.read_bytes())
        derive_all_people(connection)
        derive_all_transitions(connection)
        resolve_all_links(connection)
