"""Only a later read restores a row that is marked as deleted, in any order of arrival."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.scale import scaled
from tests.target_pandev.loading import (
    COMPLETED_READS,
    MARKS,
    NOTES,
    TASKS,
    UNVERSIONED_NOTES,
    at,
    completed,
    note,
    task,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.target_pandev.loading import Loader

EVENTS = {
    "a": note("a", "10:00"),
    "b": note("b", "10:30"),
    "missing": completed("notes", [], started="11:00"),
    "c": note("c", "12:00"),
    "found": completed("notes", ["1"], started="13:00"),
}


@settings(
    max_examples=scaled(20, full=500), suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.sampled_from(["b", "missing", "c", "found"]), min_size=1, max_size=6),
    st.sampled_from([UNVERSIONED_NOTES, NOTES]),
    st.booleans(),
    st.integers(1, 3),
)
def test_every_order_of_reads_and_a_deletion_ends_in_the_same_row(
    store: Loader,
    events: Sequence[str],
    notes: dict[str, Any],
    in_one_run: bool,  # noqa: FBT001 - drawn by hypothesis
    batch: int,
) -> None:
    store.load(notes, EVENTS["a"])
    messages = [EVENTS[event] for event in events]
    for run in [messages] if in_one_run else [[message] for message in messages]:
        store.load(notes, COMPLETED_READS, *run, batch_size_rows=batch)
    ((text, mark),) = store.rows("SELECT text, _sdc_deleted_at FROM notes")
    assert text == next(letter for letter in "cba" if letter in ["a", *events])
    if "c" in events:
        assert mark is None
    else:
        assert mark == (at("11:00") if "missing" in events and "found" not in events else None)
    store.connection.execute(
        "DROP TABLE notes; DELETE FROM completed_reads; DELETE FROM recent_deletions"
    )


def test_a_row_that_is_gone_stays_so_until_a_later_reading(store: Loader) -> None:
    row = "SELECT text, _sdc_deleted_at FROM notes"
    store.load(UNVERSIONED_NOTES, COMPLETED_READS, EVENTS["a"])
    store.load(COMPLETED_READS, EVENTS["missing"])
    store.load(UNVERSIONED_NOTES, EVENTS["b"])
    assert store.rows(row) == [("b", at("11:00"))]
    store.load(UNVERSIONED_NOTES, EVENTS["c"])
    assert store.rows(row) == [("c", None)]


def test_a_repeated_read_does_not_mark_again_what_came_back_unchanged(store: Loader) -> None:
    read = completed("tasks", [], started="11:00")
    store.load(TASKS, task("a"))
    store.load(COMPLETED_READS, read)
    store.load(TASKS, task("a", read="12:00"))
    store.load(COMPLETED_READS, read)
    later = completed("tasks", [], started="11:30", scope="another")
    store.load(COMPLETED_READS, later)
    assert store.rows(MARKS.format("tasks")) == [("a", None)]


def test_a_later_read_that_finds_a_row_again_revives_it(store: Loader) -> None:
    store.load(TASKS, task("a"), task("b"))
    store.load(COMPLETED_READS, completed("tasks", [], started="11:00"))
    store.load(COMPLETED_READS, completed("tasks", ["b"], started="12:00"))
    assert store.rows(MARKS.format("tasks")) == [("a", at("11:00")), ("b", None)]
