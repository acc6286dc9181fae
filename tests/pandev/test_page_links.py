"""Numbers of the page lead to their rows, tasks to ClickUp and commits to their host."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest

from pandev.page.cells import is_number
from pandev.page.tabs import TABS
from pandev.report.values import Kind
from target_pandev.database.transitions import derive_all_transitions
from tests.pandev.page_server import RunningPage, serve_database, texts
from tests.pandev.page_store import fill_page
from tests.pandev.report_store import connect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pandev.report.section import Column

FILTERS = {
    "usual": "",
    "team": "?space=11&team=Web&since={30}&until={10}",
    "sprint": "?sprint=31&since={20}",
}
"""Queries of the page, with days before today."""
TASKS = ("/tasks/recent_tasks", "/tasks/task_days", "/flow/cycle_times", "/flow/ages",
         "/sprints/sprint_tasks", "/time/task_time", "/trust/unlinked")  # fmt: skip
NOT_COUNTED = """
DELETE FROM webhooks WHERE id = '4b67ac88';
UPDATE time_entries SET is_running = true WHERE id LIKE 'e2_.1';
UPDATE time_entries SET marker = id WHERE id LIKE 'e1_.1';
UPDATE resolved_links SET is_ambiguous = true WHERE task_id = '86d000016' AND source = 'commit';
UPDATE commits SET parents = '["1", "2"]'
WHERE sha = (
    SELECT min(object_key) FROM task_activity WHERE task_id = '86d000010' AND source = 'commit'
);
UPDATE tasks SET custom_id = 'DEV-1' WHERE id IN ('86d000021', '86d000022');
INSERT INTO task_references (repository_id, source, object_key, kind, reference, ordinal)
SELECT c.repository_id, 'commit', c.sha, 'custom_id', 'DEV-1', 2 FROM commits AS c
WHERE c.message = 'Update dependencies' ORDER BY c.sha LIMIT 2;
INSERT INTO users
SELECT (jsonb_populate_record(u, '{"id": "77", "email": "g@example.com", "is_member": false}')).*
FROM users AS u WHERE u.id = '1';
INSERT INTO rejected_records
SELECT (jsonb_populate_record(r, jsonb '{"record": {"workspace_id": "901"}}' ||
    jsonb_build_object('record_hash', gen_random_uuid()))).*
FROM rejected_records AS r;
"""
"""A merge, an ambiguous id, a guest, time without an end or of no person, a record of elsewhere."""
REOPENED = """
INSERT INTO task_changes
SELECT (jsonb_populate_record(c, jsonb_build_object(
    'id', v.id, 'changed_at', c.changed_at + v.hours * INTERVAL '1 hour', 'from_value', v.before,
    'from_status_type', v.type_before, 'to_value', v.after, 'to_status_type', v.type_after
))).*
FROM task_changes AS c, (
    VALUES (1, 'again1', 'done', 'closed', 'in review', 'custom'),
        (2, 'again2', 'in review', 'custom', 'done', 'closed')
) AS v (hours, id, before, type_before, after, type_after)
WHERE c.task_id = '86d000016' AND c.to_value = 'done'
"""
INFERRED = """
UPDATE task_transitions SET is_inferred = true, changed_after = changed_at - INTERVAL '3 days'
WHERE task_id ~ '5$' OR task_id = '86d000016' AND to_status = 'done' AND number = 4
"""
"""Changes of every tenth task; before its first one each of them counts as open."""
BY_HISTORY = """;
INSERT INTO resolved_links
SELECT (jsonb_populate_record(l, jsonb_build_object(
    'object_key', c.sha, 'repository_id', c.repository_id, 'via', 'branch_graph'
))).*
FROM resolved_links AS l, commits AS c
WHERE l.source = 'commit' AND c.message = 'Update dependencies'
    AND l.object_key = (SELECT min(object_key) FROM resolved_links WHERE source = 'commit')
    AND c.committed_at > now() - INTERVAL '12 days'
"""
LINK = re.compile(r'<td class="number[^"]*"><a href="([^"]+)">[^<]+</a></td>')
SUMS = {
    "task_days duration_ms": "duration_ms",
    "status_times total_ms": "duration_ms",
    "allocation booked_ms": "duration_ms",
    "task_time worklog_ms": "duration_ms",
    "task_time ide_ms": "active_ms",
    "editor_time active_ms": "active_ms",
    "unattributed active_ms": "active_ms",
}
"""Numbers of figures that are the sum of a column of their rows."""
COMPUTED = ("committed_points", "done_points", "reopened_count")
"""Numbers that are computed from their rows in another way."""
LED = {"board", "recent_tasks", "task_days", "cycle_times", "flow", "daily_flow", "ages",
       "status_times", "sprints", "task_time", "allocation", "editor_time", "unattributed",
       "trust", "links", "references", "people", "workspaces"}  # fmt: skip
"""Figures with such numbers, whatever is filtered."""
OF_THE_OBJECT = "ClickUp, git or the run has it of the object in this row, which its link leads to"
WITHOUT_ROWS = {
    "runs duration_ms": OF_THE_OBJECT,
    "runs requests": OF_THE_OBJECT,
    "runs retries": OF_THE_OBJECT,
    "webhooks fail_count": OF_THE_OBJECT,
    "sprint_tasks points": OF_THE_OBJECT,
    "task_time estimate_ms": OF_THE_OBJECT,
    "pull_requests coding_ms": OF_THE_OBJECT,
    "pull_requests review_ms": OF_THE_OBJECT,
    "pull_requests lead_ms": OF_THE_OBJECT,
    "trust live_tasks": "ClickUp's count, of tasks that the store may lack",
    "trust inferred_share": "of the 300 tasks that changed last; each says it under Flow",
    "workspaces spaces": "each is an option of the filter Space; pandev scopes lists them",
    "work_hours weekday": "the name of the row",
    "work_hours hour": "the name of the row",
    "work_hours events": "the figure is about teams, and leaves out hours of a single person",
}
"""Numbers of tabs that lead to no rows, and why."""


@pytest.fixture
def page(database: str) -> Iterator[RunningPage]:
    """Yield the page of a store in which every figure has rows, and some that do not count."""
    fill_page(database)
    with connect(database) as connection, connection.transaction():
        connection.execute(NOT_COUNTED.encode() + REOPENED.encode())
        derive_all_transitions(connection)
        connection.execute(INFERRED.encode() + BY_HISTORY.encode())
    with serve_database(database) as running:
        yield running


def read_rows(page: RunningPage, address: str) -> list[dict[str, Any]]:
    """Return the rows of the figure at an address."""
    path, _, query = unescape(address).partition("?")
    return page.get(f"{path}.json?{query}").rows


@pytest.mark.parametrize("name", FILTERS)
def test_a_number_has_as_many_rows_as_it_says(page: RunningPage, name: str) -> None:
    """Of many numbers of a figure every few; a median leads to what it is computed from."""
    query = re.sub(r"{(\d+)}", lambda days: _days_ago(int(days[1])), FILTERS[name])
    led, most = set(), 80 if query else 40
    for tab in TABS:
        for figure in tab.figures:
            links = LINK.findall(page.get(f"/{tab.key}/{figure.name}{query}").text)
            rows = page.get(f"/{tab.key}/{figure.name}.json{query}").rows
            numbers = [
                (column, row[column.name])
                for row in rows
                for column in figure.section.columns
                if column.name in figure.leads and row[column.name]
            ]
            pairs = [*zip(links, numbers, strict=True)][:: 1 + len(links) // most]
            rows_at = {address: read_rows(page, address) for address, _ in pairs}
            wrong = [
                (address, number)
                for address, (column, number) in pairs
                if not _is_that_of_rows(figure.name, column, number, rows_at[address])
            ]
            assert wrong == [], figure.name
            led |= {figure.name} if pairs else set()
    assert led == LED


def _is_that_of_rows(figure: str, column: Column, number: int, rows: list[dict[str, Any]]) -> bool:
    if name := SUMS.get(f"{figure} {column.name}"):
        return number == sum(int(row[name] or 0) for row in rows)
    is_count = column.kind is Kind.NUMBER and column.name not in COMPUTED
    return len(rows) == number if is_count else len(rows) > 0


def _days_ago(days: int) -> str:
    return str(datetime.now(UTC).date() - timedelta(days=days))


def test_a_number_leads_to_its_rows_or_has_a_reason() -> None:
    without = {
        f"{figure.name} {column.name}"
        for tab in TABS
        for figure in tab.figures
        for column in figure.section.columns
        if is_number(column) and column.name not in figure.leads
    }
    assert without == set(WITHOUT_ROWS)


@pytest.mark.parametrize("query", ["", "space=11&team=Web"])
def test_events_are_those_of_the_work_log_and_no_others(page: RunningPage, query: str) -> None:
    days = page.get(f"/tasks/task_days.json?{query}").rows
    events = page.get(f"/tasks/work_events.json?{query}").rows
    assert {row["kind"] for row in events} == {"commit", "status_change", "done", "worklog"}
    assert len(events) == sum(row["events"] for row in days)


def test_what_is_linked_with_a_task_has_its_address(page: RunningPage) -> None:
    path = "/tasks/task_activity?workspace=900&task=86d000010"
    html = page.get(f"{path}&source=commit").text
    assert texts(html, "summary")[0] == ("Filters workspace Acme, task 86d000010, source commit")
    assert '<input type="text" name="task" value="86d000010">' in html
    rows = page.get(path.replace("?", ".json?")).rows
    assert {row["source"] for row in rows} == {"commit", "pull_request"}
    linked = set(re.findall('href="([^"]+)"', page.get(path).text))
    assert {row["url"] for row in rows} <= linked
    of_others = page.get("/tasks/task_activity.json").rows
    assert {row["task_id"] for row in of_others} > {row["task_id"] for row in rows} == {"86d000010"}


MORE_COMMITS = """
WITH first AS (
    SELECT c.repository_id, c.sha, c.author_name, c.author_email FROM commits AS c
    INNER JOIN resolved_links AS l ON l.source = 'commit' AND l.object_key = c.sha
    WHERE l.task_id = '86d000010' AND c.parents -> 1 IS NULL LIMIT 1
), more AS (
    INSERT INTO commits (repository_id, sha, parents, message, author_name, author_email,
        authored_at, committed_at, _sdc_extracted_at, _sdc_hash)
    SELECT f.repository_id, v.sha, v.parents::jsonb, v.sha, f.author_name, f.author_email,
        now(), now(), now(), gen_random_uuid()
    FROM first AS f, (
        VALUES ('f1', '["1"]'), ('f2', '["1"]'), ('f3', '["1", "2"]')
    ) AS v (sha, parents)
    RETURNING sha
)
INSERT INTO resolved_links SELECT (jsonb_populate_record(l, jsonb_build_object(
    'object_key', m.sha, 'occurred_at', now()
))).* FROM more AS m, first AS f INNER JOIN resolved_links AS l ON l.object_key = f.sha
"""


def test_more_of_a_task_is_linked_and_merges_do_not_count(page: RunningPage, database: str) -> None:
    """Two commits of before, two new ones, and a pull request; the newest four are shown."""
    with connect(database) as connection:
        connection.execute(MORE_COMMITS.encode())
        connection.execute("UPDATE tasks SET date_updated = now() WHERE id = '86d000010'")
    row = page.get("/tasks/recent_tasks.json").rows[0]
    assert (row["commits"], row["branches"], row["pull_requests"]) == (4, 0, 1)
    assert len(row["items"]) == 4
    assert "f3" not in {item["key"] for item in row["items"]} > {"f1", "f2"}
    ((address, text),) = re.findall(r'<a href="([^"]+)">([\d,]+ more)</a>', page.get("/tasks").text)
    assert text == "1 more"
    assert len(read_rows(page, address)) == 5


def test_a_reference_without_a_task_leads_to_its_commit(page: RunningPage) -> None:
    (row,) = page.get("/trust/named_tasks.json?match=unmatched").rows
    assert (row["reference"], row["title"]) == ("86d999999", "Update dependencies")
    assert f'<a href="{row["url"]}">' in page.get("/trust/named_tasks?match=unmatched").text
    assert page.get("/trust/named_tasks.json?match=unmatched&source=branch").rows == []
    ambiguous = page.get("/trust/named_tasks.json?match=ambiguous").rows
    named = [(row["reference"], row["match"], row["tasks"]) for row in ambiguous]
    assert named == [("DEV-1", "ambiguous", "86d000021, 86d000022")] * 2
    assert page.get("/trust/named_tasks.json?match=unmatched&kind=custom_id").rows == []


SUBTASKS = """
UPDATE tasks SET parent_id = (SELECT min(task_id) FROM sprint_tasks WHERE sprint_id = '31')
WHERE id IN (SELECT task_id FROM sprint_tasks WHERE sprint_id = '31' AND is_done LIMIT 3)
"""


def test_subtasks_of_a_sprint_count_with_their_parents(page: RunningPage, database: str) -> None:
    path = "/sprints/sprint_tasks.json?sprint=31"
    everything, done = (len(page.get(f"{path}{kind}").rows) for kind in ("", "&kind=done"))
    with connect(database) as connection:
        connection.execute(SUBTASKS.encode())
    (row,) = page.get("/sprints/sprints.json?sprint=31").rows
    assert len(page.get(path).rows) == everything
    assert len(page.get(f"{path}&kind=done").rows) == row["done_tasks"] < done


@pytest.mark.parametrize("path", TASKS)
def test_a_task_leads_to_clickup(page: RunningPage, path: str) -> None:
    """In its table and, where it has bars, in its picture."""
    rows = page.get(f"{path}.json").rows
    urls = {row["url"] for row in rows} - {None}
    html = page.get(path).text
    assert {url for url in urls if f'<a href="{url}">' in html} == urls
    assert {url.rpartition("/")[0] for url in urls} == {"https://app.clickup.com/t"}
    labels = re.findall(r'<span class="bar-label"><a href="([^"]+)">', html)
    assert labels == ([row["url"] for row in rows] if 'class="bars"' in html else [])


def test_a_page_of_many_rows_says_that_there_are_more(page: RunningPage, database: str) -> None:
    words = "These are the first "
    assert words not in page.get("/trust/rejected").text
    with connect(database) as connection:
        connection.execute(
            "INSERT INTO rejected_records SELECT (jsonb_populate_record(r, jsonb_build_object("
            "'record_hash', gen_random_uuid(), 'record', r.record))).* "
            "FROM rejected_records AS r, generate_series(1, 1000) WHERE r.stream = 'tasks'"
        )
    assert f"{words}1,000 rows" in page.get("/trust/rejected").text
    assert len(page.get("/trust/rejected.json").rows) == 1000
    assert words not in page.get("/trust").text


def test_a_commit_without_a_task_leads_to_its_host(page: RunningPage) -> None:
    rows = page.get("/trust/unlinked_commits.json").rows
    html = page.get("/trust/unlinked_commits").text
    assert {row["title"] for row in rows} == {"Update dependencies"}
    first = rows[0]
    assert first["url"] == f"https://{first['repository_id']}/commit/{first['sha']}"
    assert html.count('<a href="https://github.com/acme/') == len(rows) > 10


def test_closed_tasks_without_a_known_start_are_in_the_table(database: str) -> None:
    """They count among those that were closed, and have no place in the picture."""
    fill_page(database)
    with connect(database) as connection:
        connection.execute("DELETE FROM task_transitions WHERE task_id = '86d000013'")
        connection.execute("DELETE FROM task_changes WHERE task_id = '86d000013'")
        connection.execute(
            "INSERT INTO task_transitions SELECT (jsonb_populate_record(t, "
            '\'{"task_id": "86d000013", "from_status": null}\')).* FROM task_transitions AS t '
            "WHERE t.task_id = '86d000019' AND t.next_changed_at IS NULL"
        )
    with serve_database(database) as running:
        rows = running.get("/flow/cycle_times.json").rows
        html = running.get("/flow/cycle_times").text
    without = [row["task_id"] for row in rows if row["elapsed_ms"] is None]
    assert without == ["86d000013"]
    assert len(texts(html, ".point")) == len(rows) - 1


@pytest.mark.parametrize(
    "path",
    ["/flow/cycle_times", "/flow/flow", "/flow/ages", "/flow/status_times", "/tasks/task_days",
     "/time/allocation", "/time/editor_time"],
)  # fmt: skip
def test_marks_of_a_picture_lead_where_its_table_does(page: RunningPage, path: str) -> None:
    """Points, columns, dots and bars; Tab skips those of SVG, since the table has them too."""
    picture, _, table = page.get(path).text.partition("<details open>")
    drawn = picture.partition("<figcaption>")[2]
    links = re.findall(r'href="(/\w+/\w+\?[^"]+)"', drawn)
    marks = re.findall(r'<title>|class="bar-value"', drawn)
    assert len(links) == len(marks) > 0
    assert {*links} <= {*re.findall(r'href="([^"]+)"', table)}
    in_svg = re.findall(r"<a [^>]+>(?=<title>)", drawn)
    assert [link for link in in_svg if 'tabindex="-1"' not in link] == []
