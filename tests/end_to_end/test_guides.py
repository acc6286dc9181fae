"""The commands of guides, and all queries, as they are written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.end_to_end.pipeline import PROJECT, Pipeline
from tests.end_to_end.test_quickstart import commands, run_literally
from tests.pandev.report_store import fill
from tests.support.documents import blocks, read_page

if TYPE_CHECKING:
    from pathlib import Path

    from fake_clickup import FakeClickUp

QUERIES = ("explained/links", "guides/editors", "guides/people")


@pytest.fixture
def project(tmp_path: Path, database: str) -> Pipeline:
    """Return a folder without Meltano whose settings lead to a store with known rows."""
    fill(database)
    project = Pipeline(tmp_path, {"TARGET_PANDEV_STORE_URL": database})
    (tmp_path / "meltano.yml").unlink()  # each command would ask Meltano for settings
    return project


def test_reports_and_their_calendar_work_as_written(project: Pipeline) -> None:
    page = read_page("guides/reporting")
    (holiday,) = re.findall(r"`(\d{4}-\d\d-\d\d [A-Z][^`]+)`", page)
    (project.folder / "holidays.txt").write_text(f"{holiday}\n", encoding="utf-8")
    *reports, to_file = commands("guides/reporting", "The report")
    printed = run_literally(project, [*reports, to_file])
    assert printed.count("Recent work next to its tasks") == 1
    assert (project.folder / "flow.csv").read_text().startswith("week,")
    printed = run_literally(project, commands("guides/reporting", "Time zone and working time"))
    assert "Europe/Berlin" in printed
    assert holiday in printed


def test_employees_are_loaded_as_written(project: Pipeline) -> None:
    (table,) = blocks(read_page("guides/people"), "csv")
    (project.folder / "employees.csv").write_text(table, encoding="utf-8")
    assert "2 employees" in run_literally(project, commands("guides/people", "Employees"))


def test_the_first_load_of_an_installation_works_as_written(
    tmp_path: Path, database: str, clickup: FakeClickUp
) -> None:
    """In a folder without meltano.yml, since no clone is needed."""
    settings = {"TAP_CLICKUP_API_URL": clickup.api_url, "TARGET_PANDEV_STORE_URL": database}
    project = Pipeline(tmp_path, settings)
    (tmp_path / "meltano.yml").unlink()
    lines = commands("guides/installation", "The first load")
    printed = run_literally(project, lines, pasted=clickup.token)
    assert f"{clickup.token}\n" in (tmp_path / ".env").read_text(encoding="utf-8")
    assert "webhooks" in printed
    assert re.search(r"^tasks +[1-9]", printed, re.MULTILINE)


@pytest.mark.parametrize("page", QUERIES)
def test_queries_in_the_docs_work(project: Pipeline, page: str) -> None:
    queries = blocks(read_page(page), "sql")
    assert queries
    with psycopg.connect(project.settings["TARGET_PANDEV_STORE_URL"]) as connection:
        connection.execute("SET search_path TO pandev")
        for query in queries:
            assert connection.execute(query.encode()).description


def test_the_pages_with_queries_are_these() -> None:
    pages = [
        path for path in (PROJECT / "docs").rglob("*.md") if "```sql\nSELECT" in path.read_text()
    ]
    assert sorted(str(path.relative_to(PROJECT / "docs"))[:-3] for path in pages) == [*QUERIES]
