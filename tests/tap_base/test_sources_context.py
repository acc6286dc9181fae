"""The settings that taps with several sources have in common, and the end by a signal."""

from __future__ import annotations

import signal
from datetime import UTC, datetime, timedelta, timezone

import pytest

from tap_base.sources_context import Interruption, parse_start_date


class RefusedError(Exception):
    """The error of a tap."""


@pytest.mark.parametrize(
    ("setting", "start_date"),
    [
        (None, None),
        ("", None),
        ("2026-03-01", datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026-03-01T09:30:00Z", datetime(2026, 3, 1, 9, 30, tzinfo=UTC)),
        (
            "2026-03-01T09:30:00+05:00",
            datetime(2026, 3, 1, 9, 30, tzinfo=timezone(timedelta(hours=5))),
        ),
    ],
)
def test_a_start_date_without_offset_is_in_utc(
    setting: str | None, start_date: datetime | None
) -> None:
    parsed = parse_start_date(setting, RefusedError)
    assert parsed == start_date
    assert (parsed and parsed.utcoffset()) == (start_date and start_date.utcoffset())


def test_another_start_date_is_named() -> None:
    with pytest.raises(RefusedError, match=r"^start_date: expected a date such as .*, not 'soon'$"):
        parse_start_date("soon", RefusedError)


def test_a_signal_ends_the_run_between_records() -> None:
    interruption = Interruption()
    interruption.raise_if_interrupted()
    interruption.request(signal.SIGTERM)
    with pytest.raises(SystemExit) as raised:
        interruption.raise_if_interrupted()
    assert raised.value.code == 143
