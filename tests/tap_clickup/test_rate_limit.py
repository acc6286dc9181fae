"""The rate limit applies to any 61 seconds, the longest window observed in ClickUp."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_clickup.rate_limit import RateLimit, seconds_until_reset

DATE = "Wed, 04 Mar 2026 05:06:07 GMT"
AT = 1772600767
"""The same time in seconds since 1970."""

gaps = st.floats(0, 90, allow_nan=False)
limits = st.sampled_from([None, "0", "1", "7", "10", "many"])


def send_times(limit: RateLimit, count: int) -> list[float]:
    """Return the times at which requests are sent, each as early as the limit allows."""
    now, sent_times = 0.0, []
    for _ in range(count):
        now += limit.reserve(now)
        sent_times.append(now)
    return sent_times


@given(st.lists(st.tuples(gaps, limits), max_size=60))
def test_no_61_seconds_exceed_the_rate_limit(
    steps: list[tuple[float, str | None]],
) -> None:
    limit, now, budget, sent_times = RateLimit(), 1_000.0, 80, list[float]()
    for gap, header in steps:
        now += gap
        now += limit.reserve(now)
        sent_times.append(now)
        assert len([sent_at for sent_at in sent_times if sent_at > now - 61 + 1e-6]) <= budget
        limit.update_from_headers({"X-RateLimit-Limit": header} if header else {})
        budget = {"1": 1, "7": 5, "10": 8}.get(header or "", budget)


def test_default_rate_limit_is_80_requests_per_window() -> None:
    sent_times = send_times(RateLimit(), 81)
    assert sent_times[79:] == [0.0, 61.0]


def test_larger_plan_raises_the_rate_limit() -> None:
    limit = RateLimit()
    assert send_times(limit, 80)[-1] == 0.0
    limit.update_from_headers({"X-RateLimit-Limit": "1000"})
    assert send_times(limit, 721)[719:] == [0.0, 61.0]


def test_smaller_plan_counts_requests_already_sent() -> None:
    limit = RateLimit()
    send_times(limit, 50)
    limit.update_from_headers({"X-RateLimit-Limit": "10"})
    assert limit.reserve(1.0) == 60.0


def test_concurrent_reservations_are_spaced_out() -> None:
    limit = RateLimit(2)
    assert [limit.reserve(0.0) for _ in range(5)] == [0.0, 0.0, 61.0, 61.0, 122.0]


def test_pause_after_a_429_delays_every_request() -> None:
    limit = RateLimit()
    limit.pause(30.0)
    assert [limit.reserve(10.0), limit.reserve(40.0)] == [20.0, 0.0]


def test_configured_rate_limit_ignores_headers() -> None:
    limit = RateLimit(3)
    limit.update_from_headers({"X-RateLimit-Limit": "1000"})
    assert send_times(limit, 7) == [0.0, 0.0, 0.0, 61.0, 61.0, 61.0, 122.0]


@pytest.mark.parametrize("header", ["", "0", "-5", "1e3", "nan", "many"])
def test_invalid_limit_header_is_ignored(header: str) -> None:
    limit = RateLimit()
    limit.update_from_headers({"X-RateLimit-Limit": header})
    assert send_times(limit, 81)[79:] == [0.0, 61.0]


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
def test_reset_wait_uses_the_response_date_and_is_bounded(
    reset: str, date: str, seconds: float | None
) -> None:
    assert seconds_until_reset({"X-RateLimit-Reset": reset, "Date": date}) == seconds


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [("7", 7.0), ("0", 1.0), ("3600", 65.0), ("9" * 400, None), ("-1", None), (DATE, None)],
)
def test_retry_after_counts_if_there_is_no_reset(retry_after: str, seconds: float | None) -> None:
    headers = {"Date": DATE, "Retry-After": retry_after}
    assert seconds_until_reset(headers) == seconds
    assert seconds_until_reset({**headers, "X-RateLimit-Reset": str(AT + 37)}) == 37.0


def test_the_budget_is_described_next_to_the_limit() -> None:
    limit = RateLimit()
    assert str(limit) == "80 of 100 requests per minute"
    limit.update_from_headers({"X-RateLimit-Limit": "10000"})
    assert str(limit) == "8,000 of 10,000 requests per minute"
    assert str(RateLimit(7)) == "7 requests per minute"
