"""The page shows the store in a browser: its tabs, filters, and what to do when it is empty."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pandev.page.app import STYLE
from pandev.page.tabs import TABS
from tests.pandev.page_server import RunningPage, serve_database, texts
from tests.pandev.page_store import fill_page
from tests.pandev.report_store import connect
from tests.support.scale import scaled

TAB_PATHS = [f"/{tab.key}" for tab in TABS]
FIGURES = [f"/{tab.key}/{figure.name}" for tab in TABS for figure in (*tab.figures, *tab.rows)]
HOSTILE = [
    '=HYPERLINK("https://example.com")',
    "<script>alert(1)</script>",
    "\u202e\u05d0\u05d1\u05d2 right to left",
    "x" * 300,
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 family",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }}",
    "\x1b]0;owned\x07\r\nsecond",
]


def test_the_state_is_a_badge_with_counts_and_last_sync(page: RunningPage) -> None:
    """R39, R40, R41, R42: Connected, selected workspaces and spaces, and the last sync."""
    html = page.get("/integration").text
    assert texts(html, ".badge") == ["Connected"]
    facts = dict(zip(texts(html, "dt"), texts(html, "dd"), strict=True))
    assert facts["Selected"] == "1 workspace, 2 spaces"
    last = datetime.now(UTC) - timedelta(minutes=7)
    assert facts["Last sync"] in {
        f"{age} min ago ({day}{at:%H:%M} UTC), next unknown"
        for day in ("", f"{last:%Y-%m-%d} ")
        for at in (last, last + timedelta(minutes=1), last - timedelta(minutes=1))
        for age in (6, 7, 8)
    }
    assert facts["Delivery"] == "webhooks: 1 failing, 1 active"
    assert facts["Data"] == "1 denied, 1 rejected: pandev doctor"
    assert facts["Sync now"] == "pandev sync"


def test_a_sync_of_half_an_hour_ago_is_shown_as_stale(database: str) -> None:
    """R43: without another run the page of the same store is stale."""
    fill_page(database)
    with connect(database) as connection:
        connection.execute(
            "UPDATE sync_runs SET started_at = started_at - INTERVAL '25 minutes', "
            "finished_at = finished_at - INTERVAL '25 minutes'"
        )
    with serve_database(database) as running:
        assert texts(running.get("/integration").text, ".badge") == ["Stale"]


def test_a_failing_webhook_has_advice(page: RunningPage) -> None:
    """R98: ClickUp cannot reach the address."""
    rows = page.get("/integration/webhooks.json").rows
    assert [(row["webhook_id"], row["health"], row["fail_count"]) for row in rows] == [
        ("4b67ac88", "active", 0),
        ("9c01de12", "failing", 37),
    ]
    advice = "ClickUp cannot reach the public address; run: pandev doctor"
    assert [row["advice"] for row in rows] == [None, advice]
    assert advice in texts(page.get("/integration").text, "td")


def test_what_clickup_denied_is_listed(page: RunningPage) -> None:
    denied = "space 13: ClickUp answers 403, Access denied"
    assert [row["denied"] for row in page.get("/integration/denied.json").rows] == [denied]
    assert denied in texts(page.get("/integration").text, "td")


def test_the_state_in_json_is_that_of_pandev_status(page: RunningPage) -> None:
    state = json.loads(page.get("/integration/status.json").text)
    assert (state["state"], state["workspaces"], state["spaces"]) == ("connected", 1, 2)
    assert state["delivery"]["webhooks"] == {"active": 1, "failing": 1}


def test_recent_tasks_stand_next_to_commits(database: str) -> None:
    """R44, R45, R123: the newest first, with pull requests and links to ClickUp and the host."""
    fill_page(database)
    with connect(database) as connection:
        connection.execute("UPDATE tasks SET date_updated = now() WHERE id = '86d000010'")
    with serve_database(database) as running:
        html = running.get("/tasks").text
        row = running.get("/tasks/recent_tasks.json").rows[0]
    first = html.split('<ol class="tasks">', 1)[1].split("</li>\n<li>\n<div", 1)[0]
    assert '<a href="https://app.clickup.com/t/86d000010">' in first
    assert '<a href="https://github.com/acme/platform/pull/10">' in first
    assert texts(first, ".source") == ["pull request 10", "commit", "commit", "commit"]
    assert row["task_id"] == "86d000010"
    assert (row["commits"], row["branches"], row["pull_requests"]) == (3, 0, 1)
    assert [item["source"] for item in row["items"]] == ["pull_request", *["commit"] * 3]


def test_custom_statuses_and_fields_keep_their_names(page: RunningPage) -> None:
    """R46, R47, R111: the group comes from the type of the status; opted-in fields show."""
    html = page.get("/tasks").text
    assert "in review" in texts(html, ".group")
    assert "Customer: Example Ltd" in texts(html, ".quiet")
    rows = page.get("/tasks/board.json").rows
    assert {row["status"]: row["status_group"] for row in rows} == {
        "ready": "OPEN", "to do": "OPEN", "in progress": "IN_PROGRESS", "in review": "IN_PROGRESS",
        "done": "CLOSED",
    }  # fmt: skip


COUNTS = """
SELECT status_group, lower(status), count(*) FROM task_overview
WHERE (%(space)s::text IS NULL OR space_id = %(space)s)
    AND (%(list)s::text IS NULL OR list_id = %(list)s)
    AND (%(team)s::text IS NULL OR %(team)s::text =
        CASE WHEN assignee_ids ->> 0 < '4' THEN 'Web' WHEN assignee_ids ->> 0 < '6' THEN 'Core' END)
GROUP BY 1, 2
"""


def test_numbers_of_the_board_equal_the_view_for_any_filters(database: str) -> None:
    """Those in the table and the totals, whatever the tasks are limited to."""
    fill_page(database)
    choices = {
        "space": st.sampled_from(["", "11", "12"]),
        "list": st.sampled_from(["", "31", "32", "33", "34"]),
        "team": st.sampled_from(["", "Web", "Core"]),
    }

    with serve_database(database) as running, connect(database) as connection:

        @settings(max_examples=scaled(20, full=300))
        @given(**choices)
        def compare(space: str, list: str, team: str) -> None:  # noqa: A002 - names of fields
            values = {"space": space, "list": list, "team": team}
            query = "&".join(f"{name}={value}" for name, value in values.items())
            counts = connection.execute(COUNTS, {n: v or None for n, v in values.items()})
            expected = {(group, status): count for group, status, count in counts.fetchall()}
            html = running.get(f"/tasks/board?{query}").text
            cells = texts(html, "td")
            names = {"Open": "OPEN", "In progress": "IN_PROGRESS", "Closed": "CLOSED"}
            shown = {
                (names[cells[at]], cells[at + 1]): int(cells[at + 2])
                for at in range(0, len(cells), 3)
            }
            assert shown == expected
            assert sum(int(total) for total in texts(html, ".total")) == sum(expected.values())
            rows = running.get(f"/tasks/board.json?{query}").rows
            assert {(r["status_group"], r["status"]): r["tasks"] for r in rows} == expected

        compare()


def test_a_number_leads_to_its_rows(page: RunningPage) -> None:
    html = page.get("/tasks?space=12").text
    assert 'href="/tasks/recent_tasks?space=12&amp;group=IN_PROGRESS&amp;status=in+review"' in html
    rows = page.get("/tasks/recent_tasks.json?space=12&group=IN_PROGRESS&status=in+review").rows
    (count,) = [
        row["tasks"]
        for row in page.get("/tasks/board.json?space=12").rows
        if row["status"] == "in review"
    ]
    assert len(rows) == count > 0
    assert {(row["status"], row["space_name"]) for row in rows} == {("in review", "Platform")}


def test_filters_limit_tasks_by_sprint_team_and_days(page: RunningPage) -> None:
    sprint = page.get("/tasks/recent_tasks.json?sprint=32").rows
    assert {row["list_name"] for row in sprint} == {"Sprint 8"}
    assert page.get("/tasks/recent_tasks.json?sprint=32&list=33").rows == []
    day = (datetime.now(UTC) - timedelta(days=20)).date()
    until = day + timedelta(days=3)
    days = page.get(f"/tasks/task_days.json?since={day}&until={until}").rows
    whole = page.get(f"/tasks/task_days.json?since={day - timedelta(days=20)}").rows
    expected = [row for row in whole if str(day) <= row["work_date"] <= str(until)]
    assert sorted(days, key=repr) == sorted(expected, key=repr)
    assert 0 < len(days) < len(whole)
    web = page.get("/tasks/task_days.json?team=Web").rows
    everyone = page.get("/tasks/task_days.json").rows
    assert 0 < len(web) < len(everyone)


def test_the_form_keeps_what_was_chosen(page: RunningPage) -> None:
    html = page.get("/tasks?space=11&since=2026-01-31").text
    assert '<option value="11" selected>Shop</option>' in html
    assert '<option value="34">' not in html, "a list of another space"
    assert 'name="since" value="2026-01-31"' in html
    assert '<form action="/tasks" method="get">' in html


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("space=999", "Space: the store has none with the id &#39;999&#39;; choose another."),
        ("since=soon", "Since: &#39;soon&#39; is not a day; write it as 2026-03-01."),
        ("since=2026-02-01&until=2026-01-01", "Until: 2026-01-01 is before 2026-02-01"),
        ("group=HALF", "Group: &#39;HALF&#39; is not one of OPEN, IN_PROGRESS, CLOSED"),
    ],
)
def test_an_unknown_filter_is_named(page: RunningPage, query: str, problem: str) -> None:
    answer = page.get(f"/tasks?{query}")
    assert answer.status == 400
    assert problem in answer.text


def test_a_figure_that_a_filter_does_not_limit_says_so(page: RunningPage) -> None:
    html = page.get("/tasks?team=Web&since=2026-01-01").text
    board = html.split('aria-labelledby="board"', 1)[1].split("</section>", 1)[0]
    assert texts(board, ".caption")[1:] == ["Not limited by days."]
    assert texts(html, ".caption").count("Not limited by days.") == 1


@pytest.mark.parametrize("path", FIGURES)
def test_every_figure_is_a_page_csv_and_json(page: RunningPage, path: str) -> None:
    """Each has a caption, rows in the store of these tests, and the same rows in all formats."""
    html = page.get(path).text
    rows = page.get(f"{path}.json").rows
    answer = page.get(f"{path}.csv")
    assert len(rows) > 0
    assert len(list(csv.DictReader(io.StringIO(answer.text)))) == len(rows)
    name = path.rpartition("/")[2]
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}.csv"'
    assert len(texts(html, "figcaption")) == 1
    assert html.count("<tr>") > 1


def test_texts_of_people_stay_texts(database: str) -> None:
    """Names of tasks, statuses, lists, people and commits: no markup, no formula, no command."""
    fill_page(database)
    with connect(database) as connection:
        for number, text in enumerate(HOSTILE, start=1):
            connection.execute(
                "UPDATE tasks SET name = %s, status = %s, date_updated = now(), url = %s, "
                "custom_fields = jsonb_build_object(%s::text, %s::text) WHERE id = %s",
                (text, text, "javascript:alert(1)", text, text, f"86d{number:06}"),
            )
        for table, column in (("lists", "name"), ("spaces", "name"), ("employees", "team"),
                              ("commits", "author_name"), ("commits", "message")):  # fmt: skip
            connection.execute(
                f"UPDATE {table} SET {column} = {column} || %s",  # noqa: S608 - names of our own
                ("<script>alert(1)</script>",),
            )
    with serve_database(database) as running:
        html = running.get("/tasks").text
        rows = list(csv.reader(io.StringIO(running.get("/tasks/recent_tasks.csv").text)))
    assert "<script" not in html
    assert "<img" not in html
    assert "javascript:" not in html
    assert "\x1b" not in html
    assert "\u202e" not in html
    names = texts(html, "h3")
    for text in (HOSTILE[0], HOSTILE[1], HOSTILE[3], HOSTILE[4], HOSTILE[5], HOSTILE[6]):
        assert text in names
    cells = [cell for row in rows for cell in row]
    assert f"'{HOSTILE[0]}" in cells
    assert [cell for cell in cells if cell.startswith("=")] == []


def test_values_that_are_missing_leave_their_places_empty(database: str) -> None:
    """A status that ClickUp did not send, a name that is empty, a commit without an author."""
    fill_page(database)
    with connect(database) as connection:
        connection.execute(
            "UPDATE tasks SET name = NULL, status = NULL, list_id = NULL, date_updated = now() "
            "WHERE id = '86d000021'"
        )
        connection.execute("UPDATE commits SET author_name = NULL, message = NULL")
    with serve_database(database) as running:
        for path in TAB_PATHS:
            answer = running.get(path)
            assert (answer.status, "cannot be read" in answer.text) == (200, False), path
        html = running.get("/tasks").text
    assert texts(html, "h3")[0] == "86d000021"
    assert texts(html, ".group")[0] == "no status"


@pytest.mark.parametrize("path", [*TAB_PATHS, "/static/style.css", "/tasks/board.csv", "/nothing"])
def test_no_response_lets_a_browser_run_or_load_anything(page: RunningPage, path: str) -> None:
    answer = page.get(path)
    assert answer.headers["content-security-policy"] == (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    )
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert "<script" not in answer.text
    assert " style=" not in answer.text


def test_only_names_of_this_machine_are_answered(page: RunningPage) -> None:
    """A page of another site could let its own name resolve to 127.0.0.1."""
    assert page.get("/tasks", host="rebound.example.com").status == 400
    assert page.get("/tasks", host=f"localhost:{page.port}").status == 200


def test_nothing_but_reading_is_allowed(page: RunningPage) -> None:
    for method in ("POST", "PUT", "DELETE"):
        answer = page.get("/tasks", method=method)
        assert answer.status == 405
        assert "The page only answers GET." in texts(answer.text, "p")


def test_an_unknown_address_leads_back_to_the_tabs(page: RunningPage) -> None:
    for path in ("/nothing", "/tasks/nothing", "/tasks/board.xml"):
        answer = page.get(path)
        assert answer.status == 404
        assert "There is nothing at this address." in texts(answer.text, "p")
        assert 'href="/integration"' in answer.text
    assert page.get("/").headers["location"] == "/integration"


def test_the_time_zone_of_reports_changes_at_once(page: RunningPage, database: str) -> None:
    for zone in ("Asia/Tokyo", "America/New_York", "Europe/Berlin") * 3:
        with connect(database) as connection:
            connection.execute("UPDATE reporting SET time_zone = %s", (zone,))
        footer = texts(page.get("/tasks").text, "footer")
        assert footer == [f"Times are in {zone}. The page reads the store and changes nothing."]


def test_the_style_has_colours_for_dark_print_and_forced_colours() -> None:
    style = STYLE.decode()
    for rule in ("prefers-color-scheme: dark", "forced-colors: active", "@media print"):
        assert rule in style
    assert "url(" not in style
    assert "@import" not in style
