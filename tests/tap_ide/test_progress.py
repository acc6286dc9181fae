"""Which days of an account are due, and what the state keeps."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tap_ide.progress import AccountProgress

FIRST = date(2026, 2, 25)
TODAY = date(2026, 3, 1)


def progress(saved: object, *, first_day: date = FIRST, today: date = TODAY) -> AccountProgress:
    return AccountProgress(saved, first_day=first_day, today=today, window_days=1)


def days(due: list[date]) -> list[str]:
    return [f"{day:%m-%d}" for day in due]


def state_after(*read: int) -> dict[str, Any]:
    """Return the state after days of February and March were read."""
    noted = progress(None)
    state: dict[str, Any] = {}
    for number in read:
        state = noted.note(date(2026, 2, number) if number > 20 else date(2026, 3, number), b"x")
    return state


def test_without_a_state_all_days_are_due_and_one_ahead() -> None:
    assert days(progress(None).due_days()) == ["02-25", "02-26", "02-27", "02-28", "03-01", "03-02"]


def test_the_state_keeps_the_last_days_only() -> None:
    state = state_after(25, 26, 27, 28, 1, 2)
    assert (state["since"], state["day"]) == ("2026-02-25", "2026-03-01")
    assert [*state["responses"]] == ["2026-02-28", "2026-03-01", "2026-03-02"]


def test_the_days_before_the_last_one_are_due_again() -> None:
    assert days(progress(state_after(25, 26, 27, 28, 1, 2)).due_days()) == [
        "02-28",
        "03-01",
        "03-02",
    ]
    interrupted = state_after(25, 26)
    assert days(progress(interrupted).due_days())[0] == "02-25"
    assert days(progress(interrupted, today=date(2026, 3, 3)).due_days())[-1] == "03-04"


def test_a_first_day_before_the_known_ones_starts_over() -> None:
    state = state_after(25, 26, 27, 28, 1)
    earlier = progress(state, first_day=date(2026, 2, 24))
    assert days(earlier.due_days())[0] == "02-24"
    assert earlier.has_changed(TODAY, b"x")
    assert days(progress(state, first_day=date(2026, 2, 27)).due_days())[0] == "02-28"


def test_a_day_of_the_future_in_the_state_does_not_skip_any() -> None:
    state = {"since": "2026-02-25", "day": "2027-01-01", "responses": {}}
    assert days(progress(state).due_days()) == ["02-28", "03-01", "03-02"]


@pytest.mark.parametrize("saved", [7, [], {}, {"since": 1, "day": "x"}, {"since": "2026-02-25"}])
def test_a_state_of_another_shape_is_ignored(saved: object) -> None:
    assert days(progress(saved).due_days())[0] == "02-25"


def test_an_unchanged_response_is_known_again() -> None:
    again = progress(state_after(25, 26, 27, 28, 1, 2))
    assert not again.has_changed(TODAY, b"x")
    assert again.has_changed(TODAY, b"y")
    assert again.has_changed(date(2026, 2, 25), b"x")
