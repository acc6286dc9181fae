"""Which tasks were in a sprint when, from versions that were read and moves that were reported."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from target_pandev.database import ReportingChange, Store
from tests.target_pandev.sprint_story import (
    BACKLOG,
    NEXT_SPRINT,
    SPRINT,
    changed,
    day,
    load,
    moved,
    report,
    seen,
    sprint,
    tasks,
)

if TYPE_CHECKING:
    from tests.target_pandev.loading import Loader

WORKED_EXAMPLE = (
    # a: in the sprint before it begins, done on day 5
    seen("a", -2, points=3),
    seen("a", 5, "done", points=3),
    # b: not done, and moved to the next sprint after the end
    seen("b", -2, "doing", points=5),
    seen("b", 15, "doing", lists=(NEXT_SPRINT,), points=5),
    # c: a task of the backlog that came on day 4 and was done on day 9
    seen("c", -2, lists=(BACKLOG,), points=2),
    seen("c", 4, lists=(BACKLOG, SPRINT), points=2),
    seen("c", 9, "closed", lists=(BACKLOG, SPRINT), points=2),
    # d: taken out on day 6
    seen("d", -2, points=8),
    seen("d", 6, lists=(BACKLOG,), points=8),
)


def test_worked_example(store: Loader) -> None:
    """Committed a, b, d (16 points); added c (2); removed d (8); done a, c (5); left b (5)."""
    load(store, sprint(), *WORKED_EXAMPLE)
    assert tasks(store) == {
        "a": ("committed done", 3, False),
        "b": ("committed carried_over", 5, False),
        "c": ("added done", 2, False),
        "d": ("committed removed", 8, False),
    }
    assert report(store) == ("ended", 3, 16, 1, 2, 1, 8, 2, 5, 1, 5)
    added = store.rows("SELECT task_id, added_at FROM sprint_tasks WHERE added_at IS NOT NULL")
    assert added == [("c", datetime.fromisoformat(day(4)))]


def test_tasks_that_come_within_the_grace_period_are_committed(store: Loader) -> None:
    load(store, sprint(), seen("a", -2, lists=(BACKLOG,)), seen("a", 0.9))
    assert tasks(store) == {"a": ("committed carried_over", None, False)}
    with Store(store.database, schema="pandev") as opened:
        opened.change_reporting(ReportingChange(sprint_grace_hours=21))
    assert tasks(store) == {"a": ("added carried_over", None, False)}


def test_a_task_that_came_and_went_is_added_and_removed(store: Loader) -> None:
    load(store, sprint(), seen("a", -2, lists=(BACKLOG,)), seen("a", 4))
    load(store, seen("a", 6, lists=(BACKLOG,)))
    assert tasks(store) == {"a": ("added removed", None, False)}


def test_a_task_that_was_there_only_before_or_after_is_neither(store: Loader) -> None:
    load(store, sprint(), seen("a", -9), seen("a", -3, lists=(BACKLOG,)))
    load(store, seen("b", -9, lists=(BACKLOG,)), seen("b", 16))
    assert tasks(store) == {"a": ("", None, False), "b": ("", None, False)}
    assert report(store) == ("ended", 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)


def test_moves_without_a_version_in_between_are_known(store: Loader) -> None:
    """All versions show the backlog, or the sprint; only webhooks show the way there and back."""
    load(store, sprint(), seen("a", -2, lists=(BACKLOG,)))
    load(store, moved("a", 3, BACKLOG, SPRINT), moved("a", 5, SPRINT, BACKLOG))
    load(store, seen("a", 20, lists=(BACKLOG,)))
    load(store, seen("b", -2), moved("b", 3, SPRINT, BACKLOG), moved("b", 18, BACKLOG, SPRINT))
    load(store, seen("b", 20))
    assert tasks(store) == {
        "a": ("added removed", None, False),
        "b": ("committed removed", None, False),
    }


def test_a_move_of_the_home_keeps_a_secondary_list(store: Loader) -> None:
    load(store, sprint(), seen("a", -2, lists=(BACKLOG, SPRINT)), moved("a", 3, BACKLOG, "40"))
    load(store, seen("a", 20, lists=("40", SPRINT)))
    assert tasks(store) == {"a": ("committed carried_over", None, False)}


def test_a_move_reveals_the_list_before_it(store: Loader) -> None:
    """The list before the move is assumed to have been so since its creation."""
    load(store, sprint(), moved("a", 3, SPRINT, BACKLOG), seen("a", 20, lists=(BACKLOG,)))
    assert tasks(store) == {"a": ("committed removed", None, True)}


def test_a_task_that_is_read_later_is_inferred(store: Loader) -> None:
    load(store, sprint(), seen("a", 5), seen("b", 5, date_created=day(4)))
    assert tasks(store) == {
        "a": ("committed carried_over", None, True),
        "b": ("added carried_over", None, False),
    }
    rows = store.rows("SELECT added_at FROM sprint_tasks WHERE task_id = 'b'")
    assert rows == [(datetime.fromisoformat(day(4)),)]


def test_versions_of_the_same_date_count_from_when_they_are_read(store: Loader) -> None:
    """ClickUp need not date that a task is added to another list."""
    load(store, sprint(), seen("a", -2, lists=(BACKLOG,)))
    load(store, seen("a", -2, lists=(BACKLOG, SPRINT), read=6))
    load(store, seen("b", -2), seen("b", -2, lists=(BACKLOG,), read=6))
    assert tasks(store) == {
        "a": ("added carried_over", None, False),
        "b": ("committed removed", None, False),
    }


def test_points_are_those_at_the_start(store: Loader) -> None:
    load(store, sprint(), seen("a", -2, points=3), seen("a", 6, points=13))
    load(store, seen("b", -2, lists=(BACKLOG,), points=1), seen("b", 4, points=2))
    load(store, seen("b", 6, points=8), seen("c", -2), seen("c", 6, points=5))
    assert [row[1] for row in tasks(store).values()] == [3, 2, None]
    ends = store.rows("SELECT points_at_end FROM sprint_tasks ORDER BY task_id")
    assert ends == [(13,), (8,), (5,)]


def test_a_task_that_is_reopened_before_the_end_is_not_done(store: Loader) -> None:
    load(store, sprint(), seen("a", -2), changed("a", 3, "to do", "done"))
    load(store, changed("a", 8, "done", "doing"), seen("a", 8, "doing"))
    load(store, seen("b", -2), changed("b", 3, "to do", "done"), changed("b", 16, "done", "doing"))
    load(store, seen("b", 16, "doing"))
    assert tasks(store) == {
        "a": ("committed carried_over", None, False),
        "b": ("committed done", None, False),
    }


def test_a_task_that_is_done_after_the_end_is_carried_over(store: Loader) -> None:
    load(store, sprint(), seen("a", -2, "doing"), seen("a", 15, "closed"))
    assert tasks(store) == {"a": ("committed carried_over", None, False)}


@pytest.mark.parametrize(("closed", "result"), [(5, "done"), (16, "carried_over")])
def test_the_date_of_the_closing_decides_for_a_task_read_later(
    store: Loader, closed: float, result: str
) -> None:
    load(store, sprint(), seen("a", 20, "closed", date_closed=day(closed)))
    assert tasks(store) == {"a": (f"committed {result}", None, True)}


def test_done_agrees_with_the_status_transitions(store: Loader) -> None:
    load(store, sprint(), *WORKED_EXAMPLE, seen("e", -2), changed("e", 13, "to do", "closed"))
    rows = store.rows(
        "SELECT t.task_id FROM sprint_tasks AS t WHERE t.status_group_at_end <> ("
        "SELECT s.to_status_group FROM status_transitions AS s "
        "WHERE s.task_id = t.task_id AND s.changed_at <= %s ORDER BY s.changed_at DESC LIMIT 1)",
        day(14),
    )
    assert rows == []
    assert tasks(store)["e"] == ("committed done", None, False)


def test_a_deleted_task_is_in_the_sprint_until_its_deletion(store: Loader) -> None:
    load(store, sprint(), seen("a", -2), seen("b", -2))
    for task_id, deleted in (("a", 5), ("b", 16)):
        store.connection.execute(
            "UPDATE tasks SET _sdc_deleted_at = %s WHERE id = %s", (day(deleted), task_id)
        )
    assert tasks(store) == {
        "a": ("committed removed", None, False),
        "b": ("committed carried_over", None, False),
    }


def test_versions_that_know_the_status_alone_know_no_list(store: Loader) -> None:
    load(store, sprint(), seen("a", -2), seen("a", 6, lists=(BACKLOG,)), seen("a", 7))
    store.connection.execute(
        "UPDATE task_versions SET has_status_only = true, list_id = NULL, secondary_list_ids = NULL"
    )
    assert tasks(store) == {"a": ("committed carried_over", None, True)}


def test_a_running_sprint_is_looked_at_now(store: Loader) -> None:
    """Nothing is carried over yet. In the grace period all tasks are committed."""
    now = datetime.now(UTC)
    started, ends = now - timedelta(days=3), now + timedelta(days=3)
    load(store, sprint(start=started.isoformat(), end=ends.isoformat()))
    load(store, sprint(NEXT_SPRINT, start=(now - timedelta(hours=1)).isoformat(), end=None))
    lists = (SPRINT, NEXT_SPRINT)
    load(store, seen("a", -2, "done", lists=lists), seen("b", -2, lists=lists))
    assert tasks(store) == {
        "a": ("committed done", None, False),
        "b": ("committed", None, False),
    }
    assert tasks(store, NEXT_SPRINT) == tasks(store)
    assert report(store) == ("running", 2, 0, 0, 0, 0, 0, 1, 0, 0, 0)
    assert report(store, NEXT_SPRINT)[0] == "running"


def test_tasks_of_a_planned_sprint_are_committed_so_far(store: Loader) -> None:
    start, end = (datetime.now(UTC) + timedelta(days=days) for days in (5, 19))
    load(store, sprint(start=start.isoformat(), end=end.isoformat()))
    load(store, seen("a", -2, points=3), seen("b", -2), seen("b", 6, lists=(BACKLOG,)))
    assert tasks(store) == {"a": ("committed", 3, False), "b": ("", None, False)}
    assert report(store) == ("planned", 1, 3, 0, 0, 0, 0, 0, 0, 0, 0)


def test_a_sprint_without_dates_has_no_commitment(store: Loader) -> None:
    load(store, sprint(start=None, end=None), seen("a", -2, "done"), seen("b", -2))
    assert tasks(store) == {"a": ("done", None, False), "b": ("", None, False)}
    assert store.rows("SELECT DISTINCT is_committed, is_added, is_removed FROM sprint_tasks") == [
        (None, False, False)
    ]
    assert report(store) == ("undated", 0, 0, 0, 0, 0, 0, 1, 0, 0, 0)
