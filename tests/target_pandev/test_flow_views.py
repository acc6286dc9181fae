"""Views of the flow of work: ages, tasks per day and week, time in status of closed tasks."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from target_pandev.database import ReportingChange, Store
from tests.target_pandev.status_story import (
    DAY,
    TASK,
    change,
    clock,
    hours,
    load,
    seen,
    workflow,
)

if TYPE_CHECKING:
    from tests.target_pandev.loading import Loader

TUESDAY = DAY.date()
OTHER = "86b2"
STORY = (
    change(0, None, "to do"),
    change(30, "to do", "doing"),
    change(60, "doing", "closed"),
    seen(60, "closed", closed=60),
    change(24, None, "to do", task_id=OTHER),
    change(50, "to do", "doing", task_id=OTHER),
    change(55, "doing", "closed", task_id=OTHER),
    change(80, "closed", "doing", task_id=OTHER),
    seen(80, "doing", task_id=OTHER, created=24),
)
"""The first task is created on Tuesday and closed on Thursday; the other one is created on
Wednesday, closed on Thursday, and reopened on Friday."""
CLOSED_AGAIN = (
    change(170, "doing", "closed", task_id=OTHER),
    seen(170, "closed", closed=170, task_id=OTHER, created=24),
)
"""On Tuesday of the next week."""
FLOW = "SELECT day, status_group, tasks, inferred_tasks FROM daily_flow WHERE tasks > 0 "


def flow(store: Loader, *, days: int) -> dict[int, dict[str, Any]]:
    """Return the tasks by group of the first days, by the day's distance from Tuesday."""
    rows = store.rows(FLOW + "AND day < %s ORDER BY day", TUESDAY + timedelta(days=days))
    result: dict[int, dict[str, Any]] = {}
    for day, group, tasks, _ in rows:
        result.setdefault((day - TUESDAY).days, {})[group] = tasks
    return result


def test_the_flow_counts_each_day_by_the_status_of_that_day(store: Loader) -> None:
    load(store, *STORY)
    assert flow(store, days=5) == {
        0: {"OPEN": 1},
        1: {"OPEN": 1, "IN_PROGRESS": 1},
        2: {"CLOSED": 2},
        3: {"CLOSED": 1, "IN_PROGRESS": 1},
        4: {"CLOSED": 1, "IN_PROGRESS": 1},
    }
    assert store.rows(FLOW + "AND inferred_tasks > 0") == []
    ((last,),) = store.rows("SELECT max(day) FROM daily_flow")
    assert last == store.rows("SELECT (now() AT TIME ZONE 'UTC')::date")[0][0]


def test_a_task_is_open_until_its_first_known_status(store: Loader) -> None:
    """It was created on Tuesday and read in progress after an edit on Thursday."""
    load(store, seen(50, "doing"))
    rows = store.rows(FLOW + "AND day <= %s ORDER BY day", TUESDAY + timedelta(days=2))
    assert rows == [
        (TUESDAY, "OPEN", 1, 1),
        (TUESDAY + timedelta(days=1), "OPEN", 1, 1),
        (TUESDAY + timedelta(days=2), "IN_PROGRESS", 1, 1),
    ]


def test_the_day_is_that_of_the_time_zone_of_reports(store: Loader, database: str) -> None:
    load(store, change(23.5, None, "to do"), seen(23.5, "to do", created=23.5))
    assert flow(store, days=1) == {0: {"OPEN": 1}}
    with Store(database, schema="pandev") as other:
        other.change_reporting(ReportingChange(time_zone="Europe/Berlin"))
    assert flow(store, days=2) == {1: {"OPEN": 1}}


def test_a_deleted_task_is_in_no_day(store: Loader) -> None:
    load(store, *STORY)
    store.connection.execute("UPDATE tasks SET _sdc_deleted_at = now() WHERE id = %s", (OTHER,))
    assert flow(store, days=3) == {0: {"OPEN": 1}, 1: {"IN_PROGRESS": 1}, 2: {"CLOSED": 1}}


THROUGHPUT = "SELECT week, created, closed, closed_again FROM weekly_throughput ORDER BY week"


def test_a_reopened_task_counts_in_the_week_of_its_last_close(store: Loader) -> None:
    load(store, *STORY)
    assert store.rows(THROUGHPUT) == [(date(2026, 2, 9), 2, 1, 0)]
    load(store, *CLOSED_AGAIN)
    assert store.rows(THROUGHPUT) == [(date(2026, 2, 9), 2, 1, 0), (date(2026, 2, 16), 0, 1, 1)]


CYCLES = """
SELECT week, closed, inferred_tasks, median_elapsed_ms / 36000, p85_elapsed_ms / 36000,
    median_active_ms / 36000, p85_active_ms / 36000, median_working_ms / 36000,
    p85_working_ms / 36000
FROM weekly_throughput WHERE closed > 0 ORDER BY week
"""
"""Hundredths of hours."""


def test_weeks_have_the_percentiles_of_the_tasks_closed_in_them(store: Loader) -> None:
    """Two tasks, of 30 and 5 hours: the median is 17.5, and P85 5 + 0.85 x 25 = 26.25.

    Of the 30 hours 11 are from 9 to 17, eight on Wednesday and three on Thursday; of the five none.
    """
    load(store, *STORY[:-2])
    load(store, seen(55, "closed", closed=55, task_id=OTHER, created=24))
    first = date(2026, 2, 9)
    assert store.rows(CYCLES) == [(first, 2, 0, 1750, 2625, 1750, 2625, 550, 935)]
    load(store, STORY[-2], *CLOSED_AGAIN)
    assert store.rows(CYCLES) == [
        (first, 1, 0, 3000, 3000, 3000, 3000, 1100, 1100),
        (date(2026, 2, 16), 1, 0, 12000, 12000, 9500, 9500, 2400, 2400),
    ]


AGES = (
    "SELECT task_id, started_at, status_since, age_ms, working_age_ms, is_inferred FROM task_ages"
)


def test_work_in_progress_ages_from_its_first_start(store: Loader) -> None:
    """A task that is open and was never started has no age, a closed one neither."""
    load(store, *STORY, seen(1, "to do", task_id="86c3"))
    ((task_id, started, since, age_ms, working_ms, is_inferred),) = store.rows(AGES)
    assert (task_id, hours(started), hours(since), is_inferred) == (OTHER, 50, 80, False)
    ((now,),) = store.rows("SELECT now()")
    assert abs(age_ms - (now - clock(50)) / timedelta(milliseconds=1)) < 60_000
    assert 0 < working_ms < age_ms


def test_the_working_age_leaves_the_weekend_out(store: Loader) -> None:
    """Started on Friday at 15:00: four hours of work from 9 to 17 until Monday at 11:00.

    At 16:00 it gets another status.
    """
    load(store, change(87, None, "doing"), change(88, "doing", "review"))
    load(store, seen(88, "review", created=87))
    age_on_monday = """
        SELECT (age_ms - extract(EPOCH FROM now() - %(monday)s) * 1000) / 3.6e6,
            (working_age_ms - working_ms(%(monday)s, now())) / 3.6e6,
            (working_status_age_ms - working_ms(%(monday)s, now())) / 3.6e6
        FROM task_ages
    """
    parameters = {"monday": clock(155)}
    ((age, *working_ages),) = store.connection.execute(age_on_monday, parameters).fetchall()
    assert (round(age, 3), *working_ages) == (68, 4, 3)


STATUS_TIMES = """
SELECT week, status, status_group, tasks, median_ms / 3600000.0, p85_ms / 3600000.0,
    total_ms / 3600000.0
FROM weekly_status_times ORDER BY week, status
"""


def test_time_in_status_is_that_of_closed_tasks_all_visits_together(store: Loader) -> None:
    load(store, workflow("to do"), *STORY)
    first = date(2026, 2, 9)
    of_the_first = [
        (first, "doing", "IN_PROGRESS", 1, 30, 30, 30),
        (first, "to do", "OPEN", 1, 30, 30, 30),
    ]
    assert store.rows(STATUS_TIMES) == of_the_first
    load(store, *CLOSED_AGAIN)
    second = date(2026, 2, 16)
    assert store.rows(STATUS_TIMES) == [
        *of_the_first,
        (second, "closed", "CLOSED", 1, 25, 25, 25),
        (second, "doing", "IN_PROGRESS", 1, 95, 95, 95),
        (second, "to do", "OPEN", 1, 26, 26, 26),
    ]


RENAMED = (
    workflow("doing", status_id="s5"),
    change(0, None, "to do"),
    change(10, "to do", "doing"),
    seen(10, "doing", status_id="s5"),
    {**workflow("in progress", status_id="s5"), "time_extracted": "2026-03-02T10:00:00+00:00"},
    change(14, "in progress", "to do"),
    change(20, "to do", "in progress"),
    change(26, "in progress", "closed"),
    seen(26, "closed", closed=26),
)
"""4 hours in a status that is renamed meanwhile, and 6 after the task got it a second time."""


def test_a_renamed_status_is_one_with_its_present_name(store: Loader) -> None:
    load(store, workflow("to do"), *RENAMED)
    load(store, seen(25, "in progress", status_id="s5", task_id=OTHER, created=24))
    week = date(2026, 2, 9)
    assert store.rows(STATUS_TIMES) == [
        (week, "in progress", "IN_PROGRESS", 1, 10, 10, 10),
        (week, "to do", "OPEN", 1, 16, 16, 16),
    ]
    times = (
        "SELECT status, visits, duration_ms / 3600000.0, is_now FROM task_status_times "
        "WHERE task_id = %s ORDER BY status"
    )
    assert store.rows(times, TASK) == [
        ("closed", 1, None, True),
        ("in progress", 2, 10, False),
        ("to do", 2, 16, False),
    ]
    assert store.rows(times, OTHER) == [("in progress", 1, None, True)]
    names = "SELECT to_status, to_status_now FROM status_transitions WHERE to_status_id = 's5'"
    assert store.rows(f"{names} AND task_id = '{TASK}' ORDER BY changed_at") == [
        ("doing", "in progress"),
        ("in progress", "in progress"),
    ]


def test_statuses_of_one_name_in_several_lists_are_one(store: Loader) -> None:
    for task_id, status_id in ((TASK, "s1"), (OTHER, "s2")):
        load(store, change(1, None, "doing", task_id=task_id))
        load(store, seen(1, "doing", status_id=status_id, task_id=task_id, created=1))
        load(store, change(3, "doing", "closed", task_id=task_id))
        load(store, seen(3, "closed", closed=3, task_id=task_id, created=1))
    assert store.rows(STATUS_TIMES) == [(date(2026, 2, 9), "doing", "IN_PROGRESS", 2, 2, 2, 4)]
    ids = "SELECT to_status_id FROM status_transitions WHERE to_status = 'doing' ORDER BY 1"
    assert store.rows(ids) == [("s1",), ("s2",)]


def test_working_time_in_status_leaves_the_weekend_out(store: Loader) -> None:
    """Doing from Friday at 15:00 to Monday at 11:00: 68 hours, four of them from 9 to 17."""
    load(store, change(87, None, "doing"), change(155, "doing", "closed"))
    load(store, seen(155, "closed", closed=155, created=87))
    assert store.rows(
        "SELECT median_ms / 3.6e6, median_working_ms / 3.6e6, p85_working_ms / 3.6e6, "
        "total_working_ms / 3.6e6 FROM weekly_status_times"
    ) == [(68, 4, 4, 4)]


def test_median_and_p85_are_those_of_the_tasks(store: Loader) -> None:
    """Of 10, 20, 30 and 40 hours: 25, and 35.5 between the third and the fourth."""
    for number, length in enumerate((10, 20, 30, 40)):
        task_id = f"86d{number}"
        load(store, change(1, None, "doing", task_id=task_id))
        load(store, change(1 + length, "doing", "closed", task_id=task_id))
        load(store, seen(1 + length, "closed", closed=1 + length, task_id=task_id, created=1))
    assert store.rows(STATUS_TIMES) == [
        (date(2026, 2, 9), "doing", "IN_PROGRESS", 4, 25, 35.5, 100)
    ]
