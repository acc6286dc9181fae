"""Tabs of a store that takes long show their last figures and say so; files are always new."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from pandev.page.connections import VERSION
from target_pandev.database import StoreReader
from tests.pandev.page_server import RunningPage, serve_database, texts
from tests.pandev.page_store import BLOCKED, count_blocked, fill_page, locked
from tests.pandev.report_store import connect
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

RENAME = "UPDATE sprints SET name = 'Sprint 80' WHERE name = 'Sprint 8'"
COUNTED = r"Figures as of \d\d:\d\d:\d\d \(UTC\); newer ones are being counted\. Reload to see them"
NOT_READ = r"Figures as of \d\d:\d\d:\d\d \(UTC\); newer ones cannot be read: (.+)\. Try again"
REASONS = {
    "pg_terminate_backend": "the connection to the store was lost",
    "pg_cancel_backend": "query canceled",
}


@pytest.fixture
def hasty(database: str) -> Iterator[RunningPage]:
    """Yield a page that waits for no newer figures."""
    fill_page(database)
    with serve_database(database, patience_seconds=0) as page:
        yield page


def is_without_note(page: RunningPage, path: str) -> str | None:
    """Return the HTML of a page without a note."""
    html = page.get(path).text
    return None if texts(html, ".note") else html


def test_only_a_write_changes_the_version(database: str) -> None:
    with connect(database) as connection, connect(database) as other:
        ((before,),) = connection.execute(VERSION.encode()).fetchall()
        other.execute("SELECT count(*) FROM tasks")
        assert connection.execute(VERSION.encode()).fetchall() == [(before,)]
        other.execute("UPDATE reporting SET time_zone = time_zone")
        assert connection.execute(VERSION.encode()).fetchall() != [(before,)]


def test_a_tab_is_read_again_after_a_write(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fill_page(database)
    statements: list[str] = []
    query_table = StoreReader.query_table

    def count(self: StoreReader, statement: str, parameters: Any = None) -> Any:
        statements.append(statement)
        return query_table(self, statement, parameters)

    monkeypatch.setattr(StoreReader, "query_table", count)
    with serve_database(database) as page, connect(database) as connection:
        first = page.get("/sprints").text
        read = len(statements)
        assert read > 0
        assert page.get("/sprints?colour=blue").text == first
        assert len(statements) == read
        assert page.get("/sprints?space=12").text != first
        assert len(statements) > read
        assert "Sprint 8" in first
        connection.execute(RENAME.encode())
        assert "Sprint 80" in page.get("/sprints").text


def test_last_figures_are_shown_while_newer_ones_are_read(
    hasty: RunningPage, database: str
) -> None:
    path = "/sprints?space=11"
    assert "Sprint 8<" in hasty.get(path).text
    with connect(database) as connection:
        connection.execute(RENAME.encode())
    with locked(database, "sprints"):
        html = hasty.get(path).text
        assert "Sprint 8<" in html
        (note,) = texts(html, ".note")
        assert re.fullmatch(COUNTED, note)
        assert f'<a href="{path}">Reload to see them</a>' in html
        assert len(texts(hasty.get(path).text, ".note")) == 1
    assert "Sprint 80<" in wait_until(lambda: is_without_note(hasty, path))


def test_files_wait_for_new_figures(hasty: RunningPage, database: str) -> None:
    """What people calculate with is never old."""
    path = "/sprints/sprints"
    assert "Sprint 8," in hasty.get(f"{path}.csv").text
    hasty.get(path)
    with connect(database) as connection, ThreadPoolExecutor(2) as executor:
        connection.execute(RENAME.encode())
        with locked(database, "sprints"):
            asked = [executor.submit(hasty.get, f"{path}.{suffix}") for suffix in ("json", "csv")]
            wait_until(lambda: count_blocked(database) == 2)
            assert len(texts(hasty.get(path).text, ".note")) == 1
        for answer in asked:
            assert "Sprint 80" in answer.result(60).text


@pytest.mark.parametrize(
    ("path", "table", "function"),
    [
        ("/sprints", "sprints", "pg_terminate_backend"),
        ("/flow", "task_transitions", "pg_cancel_backend"),
    ],
)
def test_the_reason_for_old_figures_is_shown(
    hasty: RunningPage, database: str, path: str, table: str, function: str
) -> None:
    """Whether the tab or one of its figures cannot be read; then it is read again."""
    hasty.get(path)
    with connect(database) as connection, locked(database, table):
        connection.execute("UPDATE reporting SET time_zone = time_zone")

        def read_reason() -> str | None:
            connection.execute(f"SELECT {function}(pid) {BLOCKED}".encode())
            (note,) = texts(hasty.get(path).text, ".note")
            found = re.fullmatch(NOT_READ, note)
            return found[1] if found else None

        assert REASONS[function] in wait_until(read_reason)
    wait_until(lambda: is_without_note(hasty, path))
