"""Which cause a difference has, decided by when the task changed and when it was read."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from pandev.verification.causes import (
    ComparedObject,
    LiveRecord,
    ObjectKey,
    Rejection,
    WorkspaceReads,
)
from pandev.verification.fields import FieldDifference, find_differences
from target_pandev.database import StoredRecord

KEY = ObjectKey("900", "86a1")
CHANGED = "2026-03-01T12:00:00.000+00:00"


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, 1, hour, minute, tzinfo=UTC)


def reads(
    *, poll: datetime | None = None, sweep: datetime | None = None, **more: Any
) -> WorkspaceReads:
    """Return the reads of a workspace with the archived list l9 in its only space."""
    values = {"space_ids": frozenset({"s1"}), "archived_list_ids": frozenset({"l9"}), **more}
    start = datetime(2026, 1, 1, tzinfo=UTC)
    return WorkspaceReads(start_date=start, last_poll_at=poll, last_sweep_at=sweep, **values)


def live(date: str | None = CHANGED, *, list_id: str = "l1", space_id: str = "s1") -> LiveRecord:
    return LiveRecord({"name": "New"}, date_updated=date, space_id=space_id, list_id=list_id)


def stored(date: datetime | None, *, deleted_at: datetime | None = None) -> StoredRecord:
    return StoredRecord({"name": "Old", "date_updated": date}, at(9), deleted_at)


def cause(
    task: LiveRecord,
    row: StoredRecord | None,
    of: WorkspaceReads,
    rejection: Rejection | None = None,
) -> str | None:
    """Return the only cause, None if there is no difference."""
    causes = [item.cause for item in ComparedObject(KEY, task, row, of, rejection).find_causes()]
    assert len(causes) <= 1
    return causes[0] if causes else None


OLD = stored(at(10))


@pytest.mark.parametrize("row", [OLD, None], ids=["older", "missing"])
@pytest.mark.parametrize(
    ("of", "task", "expected"),
    [
        (reads(), live(), "not yet polled"),
        (reads(poll=at(11)), live(), "not yet polled"),
        (reads(poll=at(12, 9)), live(), "not yet polled"),
        (reads(poll=at(12, 10)), live(), "ours"),
        (reads(poll=at(15)), live(list_id="l9"), "not yet polled"),
        (reads(poll=at(15), sweep=at(15)), live(list_id="l9"), "ours"),
        (reads(poll=at(15), sweep=at(11)), live(list_id="l9"), "not yet polled"),
    ],
    ids=["never", "before", "lag", "after", "archived", "swept", "swept before"],
)
def test_a_change_is_ours_once_a_read_should_have_found_it(
    row: StoredRecord | None, of: WorkspaceReads, task: LiveRecord, expected: str
) -> None:
    """ClickUp's index lags, and a poll reads no archived lists."""
    assert cause(task, row, of) == expected


def test_a_missing_task_without_a_date_is_found_by_a_sweep() -> None:
    assert cause(live(None), None, reads(poll=at(15))) == "not yet polled"
    assert cause(live(None), None, reads(poll=at(15), sweep=at(14))) == "ours"


def test_a_missing_task_of_a_new_space_is_not_ours() -> None:
    """Spaces are selected after a run, or shown to the token's user."""
    of = reads(poll=at(15))
    assert cause(live(space_id="s2"), None, of) == "not yet polled"
    assert cause(live(space_id="s2"), None, reads(poll=at(15), space_ids=frozenset())) == "ours"


def test_a_task_that_is_too_old_or_marked_rightly_does_not_differ() -> None:
    of = reads(poll=at(15), sweep=at(15))
    assert cause(live("2025-12-31T23:59:59.999+00:00"), None, of) is None
    assert cause(LiveRecord(hidden="gone"), stored(at(10), deleted_at=at(11)), of) is None
    assert cause(LiveRecord(hidden="gone"), None, of) is None
    assert cause(LiveRecord(hidden="gone"), OLD, of) == "hidden"


def test_a_mark_is_ours_once_a_sweep_should_have_removed_it() -> None:
    marked = stored(at(12), deleted_at=at(13))
    assert cause(live(), marked, reads(poll=at(15), sweep=at(12))) == "not yet polled"
    assert cause(live(), marked, reads(poll=at(15), sweep=at(14))) == "ours"


def test_the_rejection_of_another_version_explains_nothing() -> None:
    of = reads(poll=at(11))
    assert cause(live(), OLD, of, Rejection("bad", at(13))) == "ours"
    assert cause(live(), OLD, of, Rejection("bad", at(11))) == "not yet polled"
    stored_later = StoredRecord(OLD.values, at(14), None)
    assert cause(live(), stored_later, of, Rejection("bad", at(13))) == "not yet polled"


def test_a_status_that_was_renamed_keeps_its_id() -> None:
    row = StoredRecord({"status": "to do", "status_id": "p1", "date_updated": at(12)}, at(12), None)
    renamed = LiveRecord({"status": "open", "status_id": "p1"}, date_updated=CHANGED)
    other = LiveRecord({"status": "open", "status_id": "p2"}, date_updated=CHANGED)
    of = reads(poll=at(15), sweep=at(15))
    assert cause(renamed, row, of) == "not yet polled"
    assert cause(other, row, of) == "ours"


def test_a_row_that_is_newer_than_its_task_is_ours() -> None:
    """Whichever fields differ."""
    row = StoredRecord({"tags": ["a"], "date_updated": at(12, 1)}, at(13), None)
    assert cause(LiveRecord({"tags": []}, date_updated=CHANGED), row, reads(poll=at(11))) == "ours"
    undated = StoredRecord({"tags": ["a"], "date_updated": at(12)}, at(13), None)
    task = LiveRecord({"tags": []}, date_updated=CHANGED)
    assert cause(task, undated, reads(poll=at(11))) == "not yet polled"


@pytest.mark.parametrize(
    ("record_value", "row_value"),
    [
        (1, Decimal("1.0")),
        (0.1, Decimal("0.1")),
        ("2026-03-01T12:00:00.000+00:00", at(12)),
        (["b", "a"], ["a", "b"]),
        ("a\0b", "a\ufffdb"),
        ({"Cost": Decimal("1.50")}, {"Cost": Decimal("1.5")}),
        (None, None),
    ],
)
def test_values_are_equal_in_the_form_of_the_store(record_value: Any, row_value: Any) -> None:
    assert list(find_differences({"field": record_value}, {"field": row_value})) == []


@pytest.mark.parametrize(
    ("record_value", "row_value"),
    [
        (None, "x"),
        ("x", None),
        ([], None),
        (False, None),
        ("1", Decimal(1)),
        (0.1, Decimal("0.10000000000000001")),
        ("2026-03-01T12:00:00.001+00:00", at(12)),
        ("not a time", at(12)),
        (["a", "a"], ["a"]),
        ("", " "),
    ],
)
def test_other_values_differ(record_value: Any, row_value: Any) -> None:
    differences = list(find_differences({"field": record_value}, {"field": row_value}))
    assert differences == [FieldDifference("field", row_value, record_value)]


def test_a_field_without_a_column_is_not_compared() -> None:
    assert list(find_differences({"field": 1}, {"other": 2})) == []
