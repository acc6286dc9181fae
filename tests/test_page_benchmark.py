"""The benchmark of the page at a small scale; the run itself is `make bench-page`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from benchmarks.page import evaluate, format_table, record_statements
from pandev.page.filters import Filters
from pandev.page.tabs import TABS
from tests.pandev.page_store import fill_page
from tests.pandev.report_store import connect

if TYPE_CHECKING:
    from pandev.page.tabs import Tab

FAST = {
    "first_ms": 150.0,
    "new_ms": 180.0,
    "again_ms": 30.0,
    "bare_ms": 100.0,
    "cpu_ms": 90.0,
    "statements": 8,
    "kilobytes": 40.0,
}
MEMORY = {
    "requests": 10_000,
    "requests_per_second": 90.0,
    "warm_mb": 80.0,
    "end_mb": 81.0,
    "growth_mb": 1.0,
}


def figures(**more: Any) -> dict[str, Any]:
    return {"scale": 1, "tabs": {"tasks": FAST, "flow": FAST}, "memory": MEMORY, **more}


def recorded(database: str, tab: Tab) -> list[str]:
    since = datetime.now(UTC).date() - timedelta(days=56)
    statements = record_statements(database, tab, Filters(since=since))
    with connect(database) as connection:
        for statement, parameters in statements:
            connection.execute(statement.encode(), parameters)
    return [statement for statement, _ in statements]


def test_the_statements_of_every_tab_can_be_sent_again(database: str) -> None:
    fill_page(database)
    with connect(database) as connection:
        connection.execute("ANALYZE")
    by_tab = {tab.key: recorded(database, tab) for tab in TABS}
    assert sum("FROM cycle_times" in statement for statement in by_tab["flow"]) == 1
    assert any("sync_runs" in statement for statement in by_tab["integration"])
    assert all(
        len(statements) > len(tab.figures)
        for tab, statements in zip(TABS, by_tab.values(), strict=True)
    )


def test_every_goal_of_the_page_benchmark_can_be_missed() -> None:
    assert [(goal.name, goal.met) for goal in evaluate(figures())] == [
        ("growth of memory, MB", True),
        ("tasks, first, ms", True),
        ("tasks, again, ms", True),
        ("flow, first, ms", True),
        ("flow, again, ms", True),
    ]
    slow = {"tasks": FAST | {"again_ms": 200.1, "first_ms": 200.1}}
    missed = figures(tabs=slow, memory=MEMORY | {"growth_mb": 5.1})
    assert [goal.met for goal in evaluate(missed)] == [False, False, False]
    assert [goal.name for goal in evaluate(missed | {"scale": 0.1})] == ["growth of memory, MB"]


def test_the_table_has_the_times_of_page_and_sql() -> None:
    table = format_table(figures(), evaluate(figures()))
    (line,) = [line for line in table.splitlines() if line.startswith("tasks  ")]
    assert line.split() == ["tasks", "150.0", "180.0", "30.0", "100.0", "90.0", "8", "40.0"]
