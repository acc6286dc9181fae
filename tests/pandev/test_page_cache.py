"""Results are kept until something is written to the store, and not longer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pandev.page import result_cache
from pandev.page.result_cache import VERSION, ResultCache
from target_pandev.database import StoreReader
from tests.pandev.page_server import serve_database
from tests.pandev.page_store import fill_page
from tests.pandev.report_store import connect

if TYPE_CHECKING:
    from collections.abc import Mapping


class Reads:
    """Counts what is read, and returns so many rows of one column as the statement says."""

    def __init__(self) -> None:
        self.statements: list[tuple[str, Mapping[str, Any]]] = []

    def __call__(
        self, statement: str, parameters: Mapping[str, Any]
    ) -> tuple[list[str], list[tuple[Any, ...]]]:
        self.statements.append((statement, parameters))
        return ["n"], [(number,) for number in range(int(statement))]


@pytest.fixture
def reads() -> Reads:
    return Reads()


def test_a_result_is_read_once_for_each_version_and_parameter(reads: Reads) -> None:
    cache = ResultCache()
    for version in ("1", "1", "2", "2"):
        for limit in (5, 6, 5):
            assert cache.query(version, "2", {"limit": limit}, reads) == (["n"], [(0,), (1,)])
    assert [parameters["limit"] for _, parameters in reads.statements] == [5, 6, 5, 6]


def test_an_empty_result_is_kept_too(reads: Reads) -> None:
    cache = ResultCache()
    assert cache.query("1", "0", {}, reads) == cache.query("1", "0", {}, reads) == (["n"], [])
    assert len(reads.statements) == 1


def test_a_slow_read_does_not_bring_an_old_version_back(reads: Reads) -> None:
    cache = ResultCache()

    def read_slowly(
        statement: str, parameters: Mapping[str, Any]
    ) -> tuple[list[str], list[tuple[Any, ...]]]:
        cache.query("2", "1", {}, reads)  # another request, after a write
        return reads(statement, parameters)

    cache.query("1", "3", {}, read_slowly)
    cache.query("2", "1", {}, reads)
    cache.query("2", "3", {}, reads)
    assert [statement for statement, _ in reads.statements] == ["1", "3", "3"]


def test_the_oldest_results_make_room(reads: Reads, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(result_cache, "MAX_ROWS", 10)
    cache = ResultCache()
    for statement in ("3", "4", "3", "2", "3", "4", "30", "30"):
        cache.query("1", statement, {}, reads)
    assert [statement for statement, _ in reads.statements] == ["3", "4", "2", "4", "30", "30"]


def test_only_a_write_changes_the_version(database: str) -> None:
    with connect(database) as connection, connect(database) as other:
        minutes = VERSION.replace("date_trunc('minute', pg_catalog.clock_timestamp())", "''")
        ((before,),) = connection.execute(minutes.encode()).fetchall()
        other.execute("SELECT count(*) FROM tasks")
        assert connection.execute(minutes.encode()).fetchall() == [(before,)]
        other.execute("UPDATE reporting SET time_zone = time_zone")
        assert connection.execute(minutes.encode()).fetchall() != [(before,)]


def test_a_tab_is_read_again_after_a_write(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fill_page(database)
    monkeypatch.setattr("pandev.page.connections.VERSION", VERSION.replace("'minute'", "'century'"))
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
        assert page.get("/sprints").text == first
        assert len(statements) == read
        assert page.get("/sprints?space=12").text != first
        assert len(statements) > read
        assert "Sprint 8" in first
        connection.execute("UPDATE sprints SET name = 'Sprint 80' WHERE name = 'Sprint 8'")
        assert "Sprint 80" in page.get("/sprints").text
