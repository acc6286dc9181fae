"""`pandev report` shows the store to people at 80 and 120 columns, and to programs as data."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from pandev.report.data import format_csv, format_json
from pandev.report.reading import read_section
from pandev.report.sections import BY_NAME, SECTIONS
from pandev.report.selection import SCOPES, Selection, read_calendar
from pandev.report.source import SharedReads
from target_pandev.database import ReportingChange, Store
from tests.pandev.command import assert_golden
from tests.pandev.report_store import PERIOD, STABLE, connect, fill, printed, report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pandev.report.reading import Result as SectionRows
    from pandev.report.section import Section


@pytest.fixture
def filled(database: str) -> str:
    """Return the address of a store with known rows."""
    fill(database)
    return database


def read(
    store: Store, section: str, *, limit: int = 10, since: date = date(2026, 2, 1)
) -> SectionRows:
    """Read a section, from the beginning of the known rows on."""
    selection = Selection(limit, since, dict.fromkeys(SCOPES))
    reads = SharedReads(store)
    return read_section(reads, BY_NAME[section], selection, read_calendar(reads))


def rows(
    database: str, section: str, *, limit: int = 10, since: date = date(2026, 2, 1)
) -> list[dict[str, Any]]:
    """Return the rows of a section as JSON."""
    with Store(database, schema="pandev") as store:
        result = read(store, section, limit=limit, since=since)
    found: list[dict[str, Any]] = json.loads(format_json([result]))[section]
    return found


def values(found: Sequence[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in names) for row in found]


@pytest.mark.parametrize(("columns", "name"), [(80, "report"), (120, "report_120")])
def test_the_report_is_readable(filled: str, columns: int, name: str) -> None:
    """Titles of 60 to 120 characters, of wide characters and emoji too, stay in their column."""
    text = printed(filled, *STABLE, *PERIOD, columns=columns)
    assert_golden(name, text, columns=columns)


def test_all_sections_are_shown_in_their_order(filled: str) -> None:
    text = printed(filled, "--limit", "1")
    places = [text.index(f"({section.name})\n") for section in SECTIONS]
    assert places == sorted(places)


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.name)
def test_a_section_reads_the_columns_that_it_shows(database: str, section: Section) -> None:
    with Store(database, schema="pandev") as store:
        columns = read(store, section.name).columns
    shown = {column.name for column in section.columns} | set(section.grouped_by)
    if section.heading:
        shown |= {*section.heading.key, *section.heading.values.values()}
    assert shown - set(columns) == set()


def test_data_is_stale_after_30_minutes(filled: str) -> None:
    """R43: the schedule of every 15 minutes leaves time for a run that takes as long."""
    stale = "ago; stale, as it is more than 30 minutes old"
    for age, expected in (("29 minutes 50 seconds", False), ("30 minutes 10 seconds", True)):
        with connect(filled) as connection:
            connection.execute(
                "UPDATE sync_runs SET finished_at = now() - %s::interval WHERE complete", (age,)
            )
        assert (stale in report(filled, "trust").stdout) == expected


@pytest.mark.parametrize("columns", [1, 20, 40])
def test_ids_and_numbers_are_never_cut(filled: str, columns: int) -> None:
    text = printed(filled, "task_time", "runs", *PERIOD, columns=columns)
    for value in ("86c1aaa01", "86c1aaa02", "8 h", "2 h 30 min", "1,200", "tap-clickup-sweep"):
        assert value in text


def test_a_name_cannot_control_the_terminal(filled: str) -> None:
    """Anyone who can name a task or write a commit could change the title or the clipboard."""
    hostile = "\x1b]0;owned\x07\x1b]52;c;cm0=\x07\x9b31m\r\n\u202eevil"
    with connect(filled) as connection:
        for table, column in (
            ("tasks", "name"), ("tasks", "status"), ("commits", "message"), ("users", "username"),
            ("commits", "author_name"), ("lists", "name"), ("spaces", "name"), ("sprints", "name"),
            ("workspaces", "name"), ("repositories", "name"), ("pull_requests", "title"),
            ("branches", "name"), ("webhooks", "health_status"),
        ):  # fmt: skip
            connection.execute(f"UPDATE {table} SET {column} = %s", (hostile,))  # noqa: S608 - names of our own
        connection.execute(
            "UPDATE sync_runs SET records = jsonb_build_object(%s::text, 1)", (hostile,)
        )
    with Store(filled, schema="pandev") as store:
        results = [read(store, section) for section in BY_NAME]
    for text in (
        report(filled, *PERIOD, columns=200).stdout,
        format_json(results),
        "\n".join(format_csv(result) for result in results),
    ):
        assert text.count("evil") > 20
        assert [char for char in text if not char.isprintable() and char != "\n"] == []


def test_flow_has_cycle_times_by_week(filled: str) -> None:
    """One and two days: the median is 36 hours, and P85 24 + 0.85 x 24 = 44.4 hours.

    The third task took three days, of which it was closed for one.
    """
    hour = 3_600_000
    found = rows(filled, "flow")
    assert values(found, "week", "created", "closed", "closed_again") == [
        ("2026-02-09", 3, 1, 1),
        ("2026-02-02", 3, 2, 0),
    ]
    assert values(found, "median_elapsed_ms", "p85_elapsed_ms", "median_active_ms") == [
        (72 * hour, 72 * hour, 48 * hour),
        (36 * hour, 44.4 * hour, 36 * hour),
    ]
    with connect(filled) as connection:
        throughput = connection.execute(
            "SELECT week::text, created::int, closed::int, closed_again::int "
            "FROM (SELECT week, sum(created) AS created, sum(closed) AS closed, "
            "sum(closed_again) AS closed_again FROM weekly_throughput GROUP BY week) AS t "
            "ORDER BY week DESC"
        ).fetchall()
    assert throughput == values(found, "week", "created", "closed", "closed_again")


def test_status_times_are_those_of_closed_tasks(filled: str) -> None:
    """To do: 24, 24 and 143 hours. In progress: 24, 24 and 48. Review and reopened: 24."""
    hour = 3_600_000
    assert values(
        rows(filled, "status_times"),
        "status",
        "status_group",
        "tasks",
        "median_ms",
        "total_ms",
        "tasks_now",
    ) == [
        ("to do", "OPEN", 3, 24 * hour, 191 * hour, 1),
        ("in progress", "IN_PROGRESS", 3, 24 * hour, 96 * hour, 2),
        ("review", "IN_PROGRESS", 1, 24 * hour, 24 * hour, 0),
        ("done", "CLOSED", 1, 24 * hour, 24 * hour, 3),
    ]


def test_ages_are_compared_with_closed_tasks(filled: str) -> None:
    """Of 24, 48 and 72 hours P85 is 48 + 0.7 x 24 = 64.8 hours."""
    found = rows(filled, "ages")
    assert values(found, "task_id", "assignees", "p85_elapsed_ms") == [
        ("86c1aaa05", ["使用者二"], 64.8 * 3_600_000),
        ("86c1aaa06", ["User One", "使用者二"], 64.8 * 3_600_000),
    ]
    assert [row["age_ms"] // 60_000 for row in found] == [4_590, 1_590]


def test_only_weeks_count_tasks_closed_before_the_period(filled: str) -> None:
    """The third task was closed on a Thursday; the period begins on the next day."""
    since = date(2026, 2, 13)
    assert values(rows(filled, "flow", since=since), "week", "closed") == [("2026-02-09", 1)]
    assert rows(filled, "status_times", since=since) == []
    (usual,) = {row["p85_elapsed_ms"] for row in rows(filled, "ages", since=since)}
    assert usual is None


def test_activity_is_by_task_the_latest_first(filled: str) -> None:
    found = rows(filled, "activity")
    assert values(found, "task_id", "source", "occurred_at", "author_name") == [
        ("86c1aaa01", "pull_request", "2026-02-04T17:00:00+00:00", "user-one"),
        ("86c1aaa01", "branch", "2026-02-03T12:00:00+00:00", "User One"),
        ("86c1aaa01", "commit", "2026-02-03T12:00:00+00:00", "User One"),
        ("86c1aaa02", "commit", "2026-02-03T15:30:00+00:00", "使用者二"),
    ]
    assert values(rows(filled, "activity", limit=2), "source") == [
        ("pull_request",),
        ("commit",),
    ]


def test_the_limit_of_the_work_log_counts_people_and_tasks(filled: str) -> None:
    found = rows(filled, "work_log", limit=2)
    assert values(found, "person", "task_id", "work_date", "kind", "events") == [
        ("user1@example.com", "86c1aaa03", "2026-02-09", "status_change", 1),
        ("user1@example.com", "86c1aaa03", "2026-02-10", "done", 1),
        ("user1@example.com", "86c1aaa03", "2026-02-10", "worklog", 1),
        ("user1@example.com", "86c1aaa03", "2026-02-12", "done", 1),
        ("user2@example.com", "86c1aaa03", "2026-02-11", "status_change", 1),
    ]
    assert "There is more: --limit." in printed(filled, "work_log", *PERIOD, "--limit", "2")


def test_time_of_a_task_is_next_to_its_estimate(filled: str) -> None:
    hour = 3_600_000
    found = rows(filled, "task_time")
    assert values(found, "task_id", "estimate_ms", "worklog_ms", "ide_ms") == [
        ("86c1aaa02", 8 * hour, 8 * hour, None),
        ("86c1aaa01", 2 * hour, 2.5 * hour, None),
        ("86c1aaa03", None, 1.25 * hour, None),
        ("86c1aaa04", None, 0.5 * hour, None),
    ]
    later = rows(filled, "task_time", since=date(2026, 2, 10))
    assert values(later, "task_id") == [("86c1aaa03",), ("86c1aaa04",)]


def test_tracked_time_adds_up_with_that_of_no_task(filled: str) -> None:
    found = rows(filled, "allocation")
    assert values(found, "list_name", "task_type", "people", "booked_ms", "share") == [
        ("Sprint 7", "task", 2, 735 * 60_000, 0.942),
        (None, "no task", 1, 45 * 60_000, 0.058),
    ]


def test_sprints_pull_requests_and_links(filled: str) -> None:
    """The third and fourth task came a day and a week after the start; the fourth is left over."""
    sprint = ("committed_tasks", "added_tasks", "done_tasks", "carried_over_tasks", "done_points")
    assert values(rows(filled, "sprints"), "name", "phase", *sprint) == [
        ("Sprint 7", "ended", 2, 2, 3, 1, 10)
    ]
    hour = 3_600_000
    assert values(rows(filled, "pull_requests"), "number", "coding_ms", "review_ms", "lead_ms") == [
        (41, hour, 28 * hour, 29 * hour)
    ]
    links = ("commits", "linked", "unknown_only", "without_reference", "linked_by_history")
    assert values(rows(filled, "links"), *links, "share") == [(4, 2, 1, 1, 0, 0.5)]
    assert values(rows(filled, "unlinked"), "task_id") == [("86c1aaa03",)]
    assert values(rows(filled, "references"), "source", "kind", "matched", "unmatched") == [
        ("branch", "task_id", 1, 0),
        ("commit", "task_id", 2, 1),
        ("pull_request", "task_id", 1, 0),
    ]


def test_trust_groups_people_and_runs(filled: str) -> None:
    (trust,) = rows(filled, "trust")
    assert (trust["stored_tasks"], trust["live_tasks"], trust["rejected_records"]) == (6, 7, 1)
    assert values(rows(filled, "groups"), "status_group", "tasks", "statuses") == [
        ("OPEN", 1, ["to do"]),
        ("IN_PROGRESS", 2, ["in progress"]),
        ("CLOSED", 3, ["done"]),
    ]
    assert values(rows(filled, "people"), "source", "email", "commit_count") == [
        ("git", "user3@example.com", 1),
        ("git", "user2@example.com", 1),
        ("clickup", "user2@example.com", None),
    ]
    found = rows(filled, "runs")
    assert values(found, "source", "duration_ms", "complete", "requests") == [
        ("tap-clickup", 120_000, True, 1200),
        ("tap-clickup-sweep", 75_500, False, 40),
    ]
    assert found[1]["records"] == {"tasks": 1000}


def test_csv_has_the_rows_of_json(filled: str) -> None:
    """A text that a spreadsheet would take as a formula has an apostrophe in front."""
    with connect(filled) as connection:
        connection.execute("UPDATE pull_requests SET title = '=1+1 is not a formula'")
    done = report(filled, "pull_requests", *PERIOD, "--format", "csv")
    (row,) = csv.DictReader(io.StringIO(done.stdout))
    (expected,) = rows(filled, "pull_requests")
    assert list(row) == list(expected)
    assert (row["title"], expected["title"]) == ("'=1+1 is not a formula", "=1+1 is not a formula")
    assert row["merged_at"] == expected["merged_at"] == "2026-02-04T17:00:00+00:00"
    assert (row["lead_ms"], row["task_ids"], row["url"]) == ("104400000", '["86c1aaa01"]', "")


def test_times_are_in_the_time_zone_of_reports(filled: str) -> None:
    with Store(filled, schema="pandev") as store:
        store.change_reporting(ReportingChange(time_zone="Asia/Tokyo"))
    text = printed(filled, "activity", "--since", "2026-02-05")
    assert text.startswith("Times are in Asia/Tokyo.\n")
    assert "2026-02-05 02:00" in text  # 17:00 in UTC
    assert "2026-02-04 00:30" not in text
    assert report(filled, "activity", "--since", "2026-02-06").stdout.count("2026-02-0") == 2
