"""The numbers of the page are those of the views, in words, pictures and tables."""

from __future__ import annotations

import re
from datetime import UTC, date
from functools import partial
from itertools import pairwise

import pytest

from pandev.page.figures import Frame
from pandev.page.filters import Filters
from pandev.page.flow import draw_ages
from pandev.report.reading import Result
from pandev.report.sections import BY_NAME
from pandev.report.values import format_duration
from tests.pandev.page_server import RunningPage, serve_database, texts
from tests.pandev.page_store import fill_page, query_store
from tests.pandev.report_store import connect

SINCE = {
    "$since_at": "(work_date(now()) - 56)::timestamp AT TIME ZONE reporting_time_zone()",
    "$since": "work_date(now()) - 56",
}
"""The begin of the period of most figures."""
query = partial(query_store, SINCE)


def figure_of(html: str, name: str) -> str:
    """Return the HTML of a figure in its tab."""
    return html.split(f'aria-labelledby="{name}"', 1)[1].split("</section>", 1)[0]


def test_cycle_times_have_the_median_and_p85_of_the_view(page: RunningPage, database: str) -> None:
    ((median, p85, longest, count),) = query(
        database,
        "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY elapsed_ms)::bigint, "
        "percentile_cont(0.85) WITHIN GROUP (ORDER BY elapsed_ms)::bigint, max(elapsed_ms), "
        "count(*) FROM cycle_times WHERE elapsed_ms IS NOT NULL AND closed_at >= $since_at",
    )
    figure = figure_of(page.get("/flow").text, "cycle_times")
    words = texts(figure, ".alternative")
    expected = (
        f"Half of the tasks took no longer than {format_duration(median)}, 85 of 100 no longer "
        f"than {format_duration(p85)}; the longest of those shown took {format_duration(longest)}"
    )
    assert words == [f"{expected}."]
    assert len(texts(figure, ".point")) == count > 30
    assert f'aria-label="{words[0]}"' in figure


def test_cycle_times_begin_with_the_day_of_the_period(page: RunningPage) -> None:
    """Other figures count the days of its first week too."""
    days = sorted({row["closed_at"][:10] for row in page.get("/flow/cycle_times.json").rows})
    since = next(
        day
        for before, day in pairwise(days)
        if date.fromisoformat(before).weekday() < date.fromisoformat(day).weekday()
    )
    shown = {
        row["closed_at"][:10] for row in page.get(f"/flow/cycle_times.json?since={since}").rows
    }
    assert shown == {day for day in days if day >= since} < {*days}


def test_the_highest_point_of_the_scatter_is_the_longest_task(page: RunningPage) -> None:
    rows = page.get("/flow/cycle_times.json").rows
    figure = figure_of(page.get("/flow").text, "cycle_times")
    points = re.findall(
        r'<title>([^<]*)</title><circle class="point" cx="[\d.]+%" cy="([\d.]+)%"', figure
    )
    assert len(points) == len(rows)
    highest = min(points, key=lambda point: float(point[1]))
    longest = max(rows, key=lambda row: row["elapsed_ms"])
    assert highest[0].endswith(format_duration(longest["elapsed_ms"]))


def test_inferred_cycle_times_are_hollow(database: str) -> None:
    fill_page(database)
    with connect(database) as connection:
        connection.execute("UPDATE task_transitions SET is_inferred = true")
    with serve_database(database) as running:
        figure = figure_of(running.get("/flow").text, "cycle_times")
    assert 'class="point hollow"' in figure
    assert 'class="point"' not in figure


def test_throughput_is_that_of_the_view(page: RunningPage, database: str) -> None:
    expected = query(
        database,
        "SELECT week::text, sum(created)::int, sum(closed)::int FROM weekly_throughput "
        "WHERE week >= work_week($since_at) GROUP BY week "
        "ORDER BY week DESC",
    )
    rows = page.get("/flow/flow.json").rows
    assert [(row["week"], row["created"], row["closed"]) for row in rows] == expected
    titles = re.findall(r"<title>week of (\S+): (\d+) (\w+)", page.get("/flow").text)
    drawn = {(week, name): int(count) for week, count, name in titles}
    assert drawn == {
        **{(week, "created"): created for week, created, _ in expected},
        **{(week, "closed"): closed for week, _, closed in expected},
    }


def test_cumulative_flow_is_that_of_the_view(page: RunningPage, database: str) -> None:
    expected = query(
        database,
        "SELECT day::text, sum(tasks) FILTER (WHERE status_group = 'IN_PROGRESS')::int "
        "FROM daily_flow WHERE day >= $since GROUP BY day ORDER BY day DESC",
    )
    rows = page.get("/flow/daily_flow.json").rows
    assert [(row["day"], row["in_progress"]) for row in rows] == expected
    assert len(rows) == 57
    shop = page.get("/flow/daily_flow.json?space=11").rows
    platform = page.get("/flow/daily_flow.json?space=12").rows
    assert [row["open"] for row in rows] == [
        first["open"] + second["open"] for first, second in zip(shop, platform, strict=True)
    ]


def test_old_work_in_progress_stands_out(page: RunningPage, database: str) -> None:
    """Tasks 88, 77, ... of every eleventh were started and never closed."""
    names = query(database, "SELECT name FROM task_ages ORDER BY age_ms DESC, task_id LIMIT 12")
    figure = figure_of(page.get("/flow").text, "ages")
    assert [(name,) for name in texts(figure, ".bar-label")] == names
    assert names[0] == ("Show the gross total once, part 88",)
    rows = page.get("/flow/ages.json").rows[:12]
    older = [row for row in rows if row["age_ms"] > row["p85_elapsed_ms"]]
    assert figure.count('<rect class="fill-undefined"') == len(older) > 3


def test_time_in_status_is_that_of_closed_tasks(page: RunningPage) -> None:
    rows = page.get("/flow/status_times.json").rows
    assert [row["status"] for row in rows] == ["to do", "in progress", "in review"]
    figure = figure_of(page.get("/flow").text, "status_times")
    assert texts(figure, ".bar-value") == [
        f"{format_duration(row['median_ms'])}, P85 {format_duration(row['p85_ms'])}" for row in rows
    ]


def test_a_sprint_shows_what_was_done_and_leads_to_its_tasks(
    page: RunningPage, database: str
) -> None:
    expected = query(
        database,
        "SELECT name || ', ' || phase, done_tasks || ' of ' || committed_tasks + added_tasks "
        "|| ' done' FROM sprint_report ORDER BY starts_at DESC",
    )
    html = page.get("/sprints").text
    figure = figure_of(html, "sprints")
    shown = zip(texts(figure, ".bar-label"), texts(figure, ".bar-value"), strict=True)
    assert list(shown) == expected
    assert 'href="/sprints/sprint_tasks?sprint=31"' in figure
    tasks = page.get("/sprints/sprint_tasks.json?sprint=31").rows
    assert [(row["task_id"],) for row in sorted(tasks, key=lambda row: row["task_id"])] == query(
        database,
        "SELECT task_id FROM sprint_tasks WHERE sprint_id = '31' AND (is_committed OR is_added) "
        "ORDER BY task_id",
    )
    assert {row["sprint_name"] for row in page.get("/sprints/sprint_tasks.json").rows} == {
        "Sprint 8"
    }


def test_time_in_editors_is_attributed_by_branch_and_commit(
    page: RunningPage, database: str
) -> None:
    """R48, R49: what belongs to no task is a bar of its own, and nothing is lost."""
    expected = query(
        database,
        "SELECT method, sum(active_ms)::bigint FROM task_time "
        "WHERE work_date >= $since GROUP BY method ORDER BY method",
    )
    rows = page.get("/time/editor_time.json").rows
    assert [(row["method"], row["active_ms"]) for row in rows] == expected
    assert [row["method"] for row in rows] == ["branch", "commit", "none"]
    without = page.get("/time/unattributed.json").rows
    assert sum(row["active_ms"] for row in without) == rows[2]["active_ms"]
    assert {row["branch"] for row in without} == {"main"}
    web = page.get("/time/editor_time.json?team=Web").rows
    core = page.get("/time/editor_time.json?team=Core").rows
    assert 0 < sum(row["active_ms"] for row in web + core) < sum(row["active_ms"] for row in rows)


def test_editor_time_stands_next_to_tracked_time_and_estimate(
    page: RunningPage, database: str
) -> None:
    """R83: of each task, as the view that compares them has it."""
    times = {
        row["task_id"]: (row["estimate_ms"], row["worklog_ms"], row["ide_ms"])
        for row in page.get("/time/task_time.json").rows
    }
    compared = query(
        database,
        "SELECT task_id, sum(estimate_ms)::bigint, sum(worklog_ms)::bigint, sum(ide_ms)::bigint "
        "FROM task_time_comparison WHERE task_id IS NOT NULL GROUP BY task_id",
    )
    expected = {task_id: tuple(values) for task_id, *values in compared if task_id in times}
    assert times == expected
    assert len(times) > 10
    bars = texts(figure_of(page.get("/time").text, "task_time"), ".bar-value")
    first = next(iter(times.values()))
    assert bars[0].startswith(
        f"{format_duration(first[1], in_hours=True)} of {format_duration(first[0], in_hours=True)}"
    )


def test_tasks_of_a_list_have_the_same_time(page: RunningPage, database: str) -> None:
    """Those of a list are read one by one, with the same times and no others."""
    list_id, tasks = query(
        database,
        "SELECT t.list_id, array_agg(DISTINCT t.id) FROM tasks AS t "
        "JOIN task_time_comparison AS c ON c.workspace_id = t.workspace_id AND c.task_id = t.id "
        "WHERE c.work_date >= $since GROUP BY t.list_id ORDER BY sum(c.ide_ms) DESC NULLS LAST",
    )[0]
    everywhere = page.get("/time/task_time.json").rows
    expected = [row for row in everywhere if row["task_id"] in tasks]
    assert len(expected) > 1
    assert any(row["ide_ms"] for row in expected)
    found = page.get(f"/time/task_time.json?list={list_id}").rows
    assert [row for row in found if row in everywhere] == expected
    assert {row["task_id"] for row in found}.issubset(tasks)


def test_shares_of_tracked_time_add_up(page: RunningPage, database: str) -> None:
    rows = page.get("/time/allocation.json").rows
    ((booked,),) = query(
        database,
        "SELECT sum(booked_ms)::bigint FROM time_allocation WHERE work_date >= $since",
    )
    assert sum(row["booked_ms"] for row in rows) == booked
    assert abs(sum(row["share"] for row in rows) - 1) < 0.01
    assert "no task" in texts(figure_of(page.get("/time").text, "allocation"), ".bar-label")


def test_hours_of_work_are_those_of_the_view(page: RunningPage, database: str) -> None:
    expected = query(
        database,
        "SELECT weekday, hour, events::int FROM work_hours ORDER BY weekday, hour",
    )
    rows = page.get("/time/work_hours.json").rows
    assert [(row["weekday"], row["hour"], row["events"]) for row in rows] == expected
    figure = figure_of(page.get("/time").text, "work_hours")
    assert figure.count("<title>") == len(expected) > 20


def test_hours_of_a_small_group_are_not_shown(database: str) -> None:
    fill_page(database)
    with connect(database) as connection:
        connection.execute("UPDATE task_changes SET user_id = '1'")
        connection.execute("UPDATE task_transitions SET user_id = '1'")
        connection.execute("UPDATE time_entries SET user_id = '1'")
        connection.execute("UPDATE commits SET author_email = 'user1@example.com'")
    with serve_database(database) as running:
        figure = figure_of(running.get("/time").text, "work_hours")
    assert texts(figure, ".empty") == [
        "Fewer than five people have events, and smaller groups are not shown."
    ]


def test_links_and_trust_are_those_of_the_views(page: RunningPage, database: str) -> None:
    ((commits, linked),) = query(
        database,
        "SELECT sum(commits)::int, sum(linked + linked_by_history)::int FROM link_coverage "
        "WHERE week >= work_week($since_at)",
    )
    html = page.get("/trust").text
    words = f"{linked} of {commits} commits are linked with a task."
    assert words in texts(html, ".alternative")
    assert "96 tasks are stored." in texts(html, ".alternative")
    facts = dict(zip(texts(html, "dt"), texts(html, "dd"), strict=True))
    assert facts["webhooks"] == "2 (active, failing)"
    assert facts["rejected records"] == "1; see pandev rejected list"
    (row,) = page.get("/trust/trust.json").rows
    assert (row["stored_tasks"], row["live_tasks"], row["refused_objects"]) == (96, 96, 1)
    assert {row["email"] for row in page.get("/trust/people.json").rows} == {"user6@example.com"}


@pytest.mark.parametrize(
    ("ages", "older"), [((9, 4), "1 of those shown is"), ((9, 8), "2 of those shown are")]
)
def test_tasks_older_than_usual_are_counted(ages: tuple[int, ...], older: str) -> None:
    row = {"workspace_id": "9", "task_id": "1", "name": "Pay", "status": "doing", "url": None,
           "p85_elapsed_ms": 5}  # fmt: skip
    rows = [{**row, "age_ms": age} for age in ages]
    words = draw_ages(Result(BY_NAME["ages"], [*rows[0]], rows), Frame(UTC, Filters())).alternative
    assert words.endswith(f" ago. {older} older than P85 of the closed ones.")


def test_the_period_does_not_limit_work_in_progress(database: str) -> None:
    """It is that of the closed tasks that ages are compared with."""
    fill_page(database)
    with serve_database(database) as running:
        figure = figure_of(running.get("/flow").text, "ages")
        assert texts(figure, "h2") == ["Work in progress, the oldest first"]
        with connect(database) as connection:
            connection.execute("DELETE FROM task_transitions")
        figure = figure_of(running.get("/flow?since=2026-01-01").text, "ages")
        assert texts(figure, ".empty") == ["No task is in progress."]
