"""A list, and so a sprint, has the tasks whose home list it is, and those that were added to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pandev.page.tabs import TABS
from tests.pandev.page_server import RunningPage, serve_database
from tests.pandev.page_store import fill_page
from tests.pandev.report_store import connect, report

if TYPE_CHECKING:
    from collections.abc import Iterator

MOVE = """
UPDATE tasks SET secondary_list_ids = jsonb_build_array(list_id), list_id = '35' WHERE list_id = %s
"""
CHANGING = {"list_id", "list_name", "age_ms", "working_age_ms", "status_age_ms"}
"""Which list is the home list, and what grows while the test runs."""
FIGURES = [
    f"/{tab.key}/{figure.name}"
    for tab in TABS
    if tab.key in {"tasks", "flow", "time"}
    for figure in (*tab.figures, *tab.rows)
] + ["/trust/unlinked"]


@pytest.fixture
def page(database: str) -> Iterator[RunningPage]:
    """Yield the page of a store in which every figure has rows."""
    fill_page(database)
    with serve_database(database) as running:
        yield running


def read_all(page: RunningPage, query: str) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of all figures about tasks, without what may change."""
    return {
        path: [
            {name: value for name, value in row.items() if name not in CHANGING}
            for row in page.get(f"{path}.json?{query}").rows
        ]
        for path in FIGURES
    }


@pytest.mark.parametrize(("field", "list_id"), [("sprint", "32"), ("list", "31"), ("list", "33")])
def test_tasks_that_were_added_to_a_list_are_in_it(
    page: RunningPage, database: str, field: str, list_id: str
) -> None:
    home = read_all(page, f"{field}={list_id}")
    assert sum(map(bool, home.values())) > 10
    with connect(database) as connection:
        connection.execute(MOVE, (list_id,))
    assert read_all(page, f"{field}={list_id}") == home


def test_a_list_and_a_sprint_show_the_tasks_that_are_in_both(
    page: RunningPage, database: str
) -> None:
    path = "/tasks/recent_tasks.json"
    before = page.get(f"{path}?list=33").rows
    assert page.get(f"{path}?list=33&sprint=32").rows == []
    with connect(database) as connection:
        connection.execute(
            "UPDATE tasks SET secondary_list_ids = '[\"32\"]' WHERE id = ANY (%s)",
            ([row["task_id"] for row in before[:2]],),
        )
    assert page.get(f"{path}?list=33&sprint=32").rows == before[:2]


@pytest.mark.parametrize("section", ["activity", "groups", "work_log"])
def test_a_report_of_a_list_has_the_tasks_that_were_added_to_it(
    database: str, section: str
) -> None:
    fill_page(database)
    arguments = (section, "--list", "33", "--format", "json")
    home = report(database, *arguments).stdout.replace('"list_id": "33"', '"list_id": "35"')
    assert len(home.splitlines()) > 10
    with connect(database) as connection:
        connection.execute(MOVE, ("33",))
    assert report(database, *arguments).stdout == home
