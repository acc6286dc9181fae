"""Filters of the page: what each tab offers, that links keep them, and what they limit."""

from __future__ import annotations

import re
from functools import partial

import pytest

from tests.pandev.page_server import RunningPage, serve_database, texts
from tests.pandev.page_store import fill_page, query_store
from tests.pandev.report_store import connect

DAYS = ["since", "until"]
PLACES = ["space", "list", "sprint"]
OFFERED = {
    "integration": DAYS,
    "tasks": [*PLACES, "team", *DAYS],
    "flow": [*PLACES, "team", *DAYS],
    "sprints": ["space", "sprint", "team", *DAYS],
    "time": [*PLACES, "team", *DAYS],
    "trust": [*PLACES, "team", *DAYS],
}
"""By tab; the store has one workspace, so that there is no choice of it."""
WORDS = {
    "$closed": "$cycles WHERE c.closed_at >= $since_at",
    "$cycles": "cycle_times AS c JOIN tasks AS t ON t.id = c.task_id",
    "$of_web": "assignee_ids ->> 0 IN ('1', '2', '3')",
    "$emails": "('user1@example.com', 'user2@example.com', 'user3@example.com')",
    "$since_at": "($since)::timestamp AT TIME ZONE reporting_time_zone()",
    "$since": "work_date(now()) - 56",
}
"""Shorthands in the statements of these tests: the team Web are the users 1 to 3."""
query = partial(query_store, WORDS)
TASK_IDS = {
    "/tasks/recent_tasks": "SELECT task_id FROM task_overview WHERE $of_web",
    "/flow/cycle_times": "SELECT c.task_id FROM $closed AND c.elapsed_ms IS NOT NULL AND $of_web",
    "/flow/ages": "SELECT task_id FROM task_ages WHERE $of_web",
    "/sprints/sprint_tasks": "SELECT s.task_id FROM sprint_tasks AS s "
    "JOIN tasks AS t ON t.id = s.task_id "
    "WHERE s.sprint_id = '32' AND (is_committed OR is_added) AND $of_web",
    "/trust/unlinked": "SELECT task_id FROM closed_tasks_without_commits "
    "WHERE closed_at >= $since_at AND $of_web",
}
ROWS = ("recent_tasks", "task_activity", "created_tasks", "tasks_of_day", "counted_commits",
        "work_events", "time_entries", "time_people", "editor_tasks", "editor_days",
        "editor_people", "rejected", "unmatched_users", "named_tasks", "author_commits",
        "status_tasks", "task_stays")  # fmt: skip
SUMS = {
    "/flow/flow closed": "SELECT count(*) FROM $cycles "
    "WHERE work_week(c.closed_at) >= work_week($since_at) AND $of_web",
    "/flow/flow created": "SELECT count(*) FROM tasks "
    "WHERE work_week(date_created) >= work_week($since_at) AND $of_web",
    "/time/allocation booked_ms": "SELECT sum(booked_ms) FROM time_allocation "
    "WHERE work_date >= $since AND author_id IN ('1', '2', '3')",
    "/time/editor_time active_ms": "SELECT sum(active_ms) FROM task_time "
    "WHERE work_date >= $since AND employee_email IN $emails",
    "/time/unattributed active_ms": "SELECT sum(active_ms) FROM task_time "
    "WHERE work_date >= $since AND task_id IS NULL AND employee_email IN $emails",
}


def form_of(html: str) -> str:
    """Return the HTML of the form of filters."""
    return html.split("<form", 1)[1].split("</form>", 1)[0]


@pytest.mark.parametrize("tab", OFFERED)
def test_a_tab_offers_the_filters_of_its_figures(page: RunningPage, tab: str) -> None:
    names = re.findall(r'<(?:select|input)[^>]* name="(\w+)"', form_of(page.get(f"/{tab}").text))
    assert names == OFFERED[tab]


@pytest.mark.parametrize("path", TASK_IDS)
def test_tasks_of_a_team_are_those_of_the_view(page: RunningPage, database: str, path: str) -> None:
    """Those that are assigned to one of its people."""
    expected = {task_id for (task_id,) in query(database, TASK_IDS[path])}
    shown = {row["task_id"] for row in page.get(f"{path}.json?team=Web").rows}
    assert shown == expected
    others = {row["task_id"] for row in page.get(f"{path}.json?team=Core").rows}
    assert expected
    assert not shown & others


@pytest.mark.parametrize("column", SUMS)
def test_sums_of_a_team_are_those_of_the_view(
    page: RunningPage, database: str, column: str
) -> None:
    """Time is that of its people, on any task."""
    ((expected,),) = query(database, SUMS[column])
    path, name = column.split()
    shown = sum(row[name] for row in page.get(f"{path}.json?team=Web").rows)
    assert shown == expected > 0
    assert shown < sum(row[name] for row in page.get(f"{path}.json").rows)


def test_time_in_status_of_a_team_is_that_of_its_tasks(page: RunningPage, database: str) -> None:
    ((web,),) = query(
        database,
        "SELECT count(*) FROM task_status_times WHERE status = 'in progress' "
        "AND task_id IN (SELECT c.task_id FROM $closed AND $of_web)",
    )
    rows = page.get("/flow/status_times.json?team=Web").rows
    assert {row["status"]: row["tasks"] for row in rows}["in progress"] == web
    ((now,),) = query(
        database, "SELECT count(*) FROM task_overview WHERE status = 'in progress' AND $of_web"
    )
    assert {row["status"]: row["tasks_now"] for row in rows}["in progress"] == now > 0


def test_tasks_with_the_most_time_are_those_of_the_team(page: RunningPage, database: str) -> None:
    expected = query(
        database,
        "SELECT task_id FROM task_time WHERE task_id IS NOT NULL "
        "AND work_date >= work_date(now()) - 14 AND employee_email IN $emails "
        "UNION SELECT task_id FROM worklogs WHERE task_id IS NOT NULL "
        "AND work_date(started_at) >= work_date(now()) - 14 AND author_id IN ('1', '2', '3')",
    )
    rows = page.get("/time/task_time.json?team=Web").rows
    assert {(row["task_id"],) for row in rows} == {*expected}
    everyone = page.get("/time/task_time.json").rows
    assert [row for row in rows if row not in everyone] == [], "all time of the task"
    assert 0 < len(rows) < len(everyone)


def test_all_links_keep_the_filters(page: RunningPage) -> None:
    """Also those that the tab does not offer: another tab applies them."""
    query = "space=11&amp;list=33&amp;team=Web&amp;since=2020-01-01"
    for tab in OFFERED:
        html = page.get(f"/{tab}?{query.replace('&amp;', '&')}").text
        links = [link for link in re.findall(r'href="(/[^"]*)"', html) if "/static/" not in link]
        figures = ("sprint_tasks", "cycle_times", "unlinked_commits", "webhooks", *ROWS)
        changed = [link for link in links if any(f"/{name}?" in link for name in figures)]
        kept = [link for link in links if link not in changed and link != f"/{tab}"]
        assert len(kept) >= 10
        assert {link for link in kept if not link.endswith(f"?{query}")} <= {
            "/integration/status.json"
        }


def test_a_filter_of_another_tab_is_kept_and_not_applied(page: RunningPage) -> None:
    without = page.get("/sprints/sprints.json").rows
    assert page.get("/sprints/sprints.json?list=33").rows == without
    html = page.get("/sprints?list=33").text
    assert texts(html, "summary")[0] == "Filters none"
    assert '<input type="hidden" name="list" value="33">' in form_of(html)
    assert texts(page.get("/tasks?list=33").text, "summary")[0] == "Filters list Checkout"


def test_what_is_filtered_is_said(page: RunningPage) -> None:
    address = "/tasks?space=12&team=Web&since=2026-01-31&until=2026-02-28&group=OPEN&status=to+do"
    html = page.get(address).text
    assert texts(html, "summary")[0] == (
        "Filters space Platform, team Web, from 2026-01-31, to 2026-02-28, group open, status to do"
    )
    assert texts(html, ".empty")[0] == (
        "Since 2026-01-31, until 2026-02-28, in the chosen space, of the team Web, of the group "
        "OPEN, of the status to do: no task was changed. Show it without filters"
    )
    assert texts(page.get("/tasks/recent_tasks?status=paused").text, ".empty") == [
        "Of the status paused: no task was changed. Show it without filters"
    ]
    address = "/flow/tasks_of_day?day=2020-01-01&group=OPEN"
    assert texts(page.get(address).text, ".empty") == [
        "On 2020-01-01, of the group OPEN: no task was in it. Show it without filters"
    ]
    people = texts(page.get("/time/time_people?space_name=Sales&until=2026-02-28").text, ".empty")
    assert people[0].startswith("Since 2026-01-03, until 2026-02-28, of the space name Sales: ")


def test_a_period_may_be_a_single_day_and_not_end_before_it_begins(page: RunningPage) -> None:
    assert page.get("/tasks/task_days.json?since=2026-03-01&until=2026-03-01").status == 200
    answer = page.get("/tasks/task_days.json?since=2026-03-02&until=2026-03-01")
    assert answer.status == 400
    assert "Until: 2026-03-01 is before 2026-03-02; choose a later day." in texts(answer.text, "p")


@pytest.mark.parametrize("path", ["/tasks/work_events", "/time/editor_days.csv"])
def test_a_null_character_is_the_fault_of_the_filter(page: RunningPage, path: str) -> None:
    """PostgreSQL's texts have none, so the store is not to blame."""
    answer = page.get(f"{path}?task=86d%00")
    assert answer.status == 400
    assert "Task: '86d\\x00' has a null character; remove it." in texts(answer.text, "p")


def test_what_is_chosen_is_always_an_option(page: RunningPage) -> None:
    """Also a list of another space, so that the form shows why there is nothing."""
    form = form_of(page.get("/tasks?space=11&list=34").text)
    assert '<option value="34" selected>Backlog</option>' in form
    assert '<option value="34"' not in form_of(page.get("/tasks?space=11").text)


def test_the_state_is_limited_to_a_workspace(database: str) -> None:
    fill_page(database)
    with connect(database) as connection:
        connection.execute(
            'INSERT INTO workspaces SELECT (jsonb_populate_record(w, \'{"id": "901"}\')).* '
            "FROM workspaces AS w"
        )
        connection.execute(
            "INSERT INTO sync_runs "
            'SELECT (jsonb_populate_record(r, \'{"workspace_id": "901"}\')).* FROM sync_runs AS r'
        )
    with serve_database(database) as running:
        form = form_of(running.get("/integration?workspace=901").text)
        assert '<option value="901" selected>Acme</option>' in form
        for path, count in (("workspaces", 2), ("runs", 6)):
            everywhere = running.get(f"/integration/{path}.json").rows
            found = running.get(f"/integration/{path}.json?workspace=901").rows
            assert {row["workspace_id"] for row in found} == {"901"}
            assert (len(everywhere), len(found)) == (count, count // 2)
        assert running.get("/integration/webhooks.json?workspace=901").rows == []


def test_a_last_day_alone_moves_the_period(page: RunningPage, database: str) -> None:
    """The usual number of days before it, and not before today."""
    ((day, first),) = query(database, "SELECT work_date(now()) - 60, work_date(now()) - 116")
    days = {row["day"] for row in page.get(f"/flow/daily_flow.json?until={day}").rows}
    assert min(days) == str(max(first, min(map(type(day).fromisoformat, days))))
    assert max(days) == str(day)


def test_a_deleted_employee_is_in_no_team(database: str) -> None:
    fill_page(database)
    with connect(database) as connection:
        connection.execute(
            "UPDATE employees SET _sdc_deleted_at = now() WHERE email = 'user1@example.com'"
        )
    ((events,),) = query(
        database,
        "SELECT sum(events) FROM work_log WHERE work_date >= work_date(now()) - 14 "
        "AND person IN ('user2@example.com', 'user3@example.com')",
    )
    with serve_database(database) as running:
        rows = running.get("/tasks/task_days.json?team=Web").rows
    assert sum(row["events"] for row in rows) == events > 0
