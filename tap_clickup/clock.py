"""Compare this machine's clock with ClickUp's. Pure."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from tap_clickup.errors import ClockError
from tap_clickup.wording import format_count

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_DIFFERENCE_SECONDS = 5 * 60


def check_clock(headers: Mapping[str, str], started: float, ended: float) -> None:
    """Raise `ClockError` if a response's `Date` differs from the time of its request.

    `started` and `ended` are this machine's time before and after it, in seconds since 1970. The
    target orders versions of a row by the time at which they were read: with a clock that is ahead,
    later changes would be taken for older ones.
    """
    try:
        date = parsedate_to_datetime(headers["Date"])
    except (KeyError, TypeError, ValueError):
        return
    ahead, behind = started - date.timestamp(), date.timestamp() - ended
    if max(ahead, behind) > MAX_DIFFERENCE_SECONDS:
        minutes = format_count(round(max(ahead, behind) / 60), "minute")
        direction = "ahead of" if ahead > behind else "behind"
        raise ClockError(
            f"the clock of this machine is {minutes} {direction} ClickUp's; set it, for instance "
            "with timedatectl set-ntp true, and run again"
        )
