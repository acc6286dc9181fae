"""The limit is kept in any 61 seconds, the longest window seen, whatever headers and clocks say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_clickup.rate_limit import RateLimit, seconds_until_reset

DATE = "Wed, 04 Mar 2026 05:06:07 GMT"
AT = 1772600767
"""The same moment as a Unix time."""

gaps = st.floats(0, 90, allow_nan=False)
limits = st.sampled_from([None, "0", "1", "7", "10", "many"])


def sent(limit: RateLimit, count: int) -> list[float]:
    """Return the moments at which requests are sent that cannot come soon enough."""
    now, moments = 0.0, []
    for _ in range(count):
        now += limit.reserve(now)
        moments.append(now)
    return moments


@given(st.lists(st.tuples(gaps, limits), max_size=60))
def test_no_61_seconds_ever_hold_more_requests_than_the_budget(
    steps: list[tuple[float, str | None]],
) -> None:
    limit, now, budget, moments = RateLimit(), 1_000.0, 80, list[float]()
    for gap, header in steps:
        now += gap
        now += limit.reserve(now)
        moments.append(now)
        assert len([sent_at for sent_at in moments if sent_at > now - 61 + 1e-6]) <= budget
        limit.update_from_headers({"X-RateLimit-Limit": header} if header else {})
        budget = {"1": 1, "7": 5, "10": 8}.get(header or "", budget)


def test_the_first_minute_holds_four_fifths_of_the_smallest_plan() -> None:
    moments = sent(RateLimit(), 81)
    assert moments[79:] == [0.0, 61.0]


def test_a_larger_plan_is_used_from_the_answer_on_that_tells_it() -> None:
    limit = RateLimit()
    assert sent(limit, 80)[-1] == 0.0
    limit.update_from_headers({"X-RateLimit-Limit": "1000"})
    assert sent(limit, 721)[719:] == [0.0, 61.0]


def test_a_smaller_plan_counts_what_was_sent_before_it_was_known() -> None:
    limit = RateLimit()
    sent(limit, 50)
    limit.update_from_headers({"X-RateLimit-Limit": "10"})
    assert limit.reserve(1.0) == 60.0


def test_requests_that_are_planned_together_take_their_places_one_after_another() -> None:
    limit = RateLimit(2)
    assert [limit.reserve(0.0) for _ in range(5)] == [0.0, 0.0, 61.0, 61.0, 122.0]


def test_a_429_lets_all_wait() -> None:
    limit = RateLimit()
    limit.pause(30.0)
    assert [limit.reserve(10.0), limit.reserve(40.0)] == [20.0, 0.0]


def test_a_fixed_number_of_requests_a_minute_is_kept_whatever_the_headers_say() -> None:
    limit = RateLimit(3)
    limit.update_from_headers({"X-RateLimit-Limit": "1000"})
    assert sent(limit, 7) == [0.0, 0.0, 0.0, 61.0, 61.0, 61.0, 122.0]


@pytest.mark.parametrize("header", ["", "0", "-5", "1e3", "nan", "many"])
def test_a_limit_that_is_none_changes_nothing(header: str) -> None:
    limit = RateLimit()
    limit.update_from_headers({"X-RateLimit-Limit": header})
    assert sent(limit, 81)[79:] == [0.0, 61.0]


@pytest.mark.parametrize(
    ("reset", "date", "seconds"),
    [
        (str(AT + 37), DATE, 37.0),
        (str(AT - 9), DATE, 1.0),
        (str(AT), DATE, 1.0),
        (str(AT * 1000), DATE, 65.0),  # milliseconds rather than seconds
        ("9" * 400, DATE, None),
        ("nan", DATE, None),
        ("inf", DATE, None),
        ("", DATE, None),
        ("soon", DATE, None),
        (str(AT + 37), "", None),
        (str(AT + 37), "yesterday", None),
    ],
)
def test_the_wait_is_counted_from_the_answers_own_date_and_kept_within_reason(
    reset: str, date: str, seconds: float | None
) -> None:
    assert seconds_until_reset({"X-RateLimit-Reset": reset, "Date": date}) == seconds
