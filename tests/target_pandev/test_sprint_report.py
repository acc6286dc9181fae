"""What a sprint committed to and what became of it; parents and subtasks count once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from target_pandev.database import ReportingChange, Store
from tests.target_pandev.loading import COMPLETED_READS, completed
from tests.target_pandev.sprint_story import (
    BACKLOG,
    NEXT_SPRINT,
    SPRINT,
    load,
    report,
    seen,
    sprint,
)

if TYPE_CHECKING:
    from tests.target_pandev.loading import Loader


def subtask(
    task_id: str, parent_id: str, points: int | None, status: str = "to do"
) -> dict[str, object]:
    return seen(
        task_id, -2, status, parent_id=parent_id, top_level_parent_id="parent", points=points
    )


@pytest.mark.parametrize(
    ("parent_points", "committed", "done"),
    [(8, (1, 8), (0, 0)), (None, (1, 5), (0, 2))],
)
def test_a_parent_and_its_subtasks_count_once(
    store: Loader,
    parent_points: int | None,
    committed: tuple[int, int],
    done: tuple[int, int],
) -> None:
    """Its own points, or those of its subtasks: 2 of a done one, 3 of one with another parent."""
    load(store, sprint(), seen("parent", -2, points=parent_points))
    load(store, subtask("a", "parent", 2, "done"), subtask("b", "a", None))
    load(store, subtask("c", "elsewhere", 3))
    _, *counts = report(store)
    assert tuple(counts) == (*committed, 0, 0, 0, 0, *done, 1, committed[1] - done[1])
    assert store.rows("SELECT subtasks, inferred_tasks FROM sprint_report") == [(3, 0)]


def test_a_subtask_counts_if_its_parent_is_not_in_the_sprint(store: Loader) -> None:
    """A parent that left before the start is not in it either."""
    load(store, sprint(), seen("parent", -9, points=8))
    load(store, seen("parent", -3, lists=(BACKLOG,), points=8), subtask("a", "parent", 2))
    assert report(store) == ("ended", 1, 2, 0, 0, 0, 0, 0, 0, 1, 2)


def test_a_sprint_without_tasks_is_a_row_of_zeros(store: Loader) -> None:
    load(store, sprint(), sprint(NEXT_SPRINT), seen("a", -2))
    assert report(store, NEXT_SPRINT) == ("ended", 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)


def test_dates_of_a_name_are_whole_days_in_the_zone_of_reports(store: Loader) -> None:
    """`Sprint 1 (3/2 - 3/15)` lasts until the end of March 15 in Berlin."""
    dates = {"start": "2026-03-02T00:00:00Z", "end": "2026-03-15T00:00:00Z"}
    load(store, sprint(**dates, dates_inferred=True))
    with Store(store.database, schema="pandev") as opened:
        opened.change_reporting(ReportingChange("Europe/Berlin"))
    assert store.rows("SELECT starts_at, ends_at, committed_at FROM sprint_periods") == [
        (
            datetime(2026, 3, 1, 23, tzinfo=UTC),
            datetime(2026, 3, 15, 23, tzinfo=UTC),
            datetime(2026, 3, 2, 23, tzinfo=UTC),
        )
    ]


def test_sprints_of_other_spaces_and_deleted_ones_are_left_out(store: Loader) -> None:
    load(store, sprint(space_id="11"), sprint(NEXT_SPRINT, space_id="12"), sprint("33"))
    store.connection.execute("UPDATE sprints SET _sdc_deleted_at = now() WHERE id = '33'")
    names = "SELECT sprint_id FROM sprint_report ORDER BY sprint_id"
    assert store.rows(names) == [(SPRINT,), (NEXT_SPRINT,)]
    store.load(
        COMPLETED_READS, completed("spaces", ["11"], started="10:00", where={"id": {"in": ["11"]}})
    )
    assert store.rows(names) == [(SPRINT,)]
