"""The rules by which active time becomes the time of an entry. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

MINUTE_MS = 60_000

TrackedTime = Literal["subtract", "skip", "ignore"]


@dataclass(frozen=True)
class WorklogRules:
    """The settings of write-back.

    * `minimum_minutes`: less time than that is not written.
    * `round_minutes`: the time is rounded to multiples of that; 0 keeps it as it is.
    * `days`: how many closed days are planned.
    * `grace_hours`: how long after its end a day is closed, because events may arrive late.
    * `tracked_time`: what is done with a task on which the person tracked time on the same day.
    * `organisation`: part of every marker, for organisations that share a ClickUp workspace.
    """

    minimum_minutes: int = 5
    round_minutes: int = 1
    days: int = 14
    grace_hours: int = 6
    tracked_time: TrackedTime = "subtract"
    organisation: str = ""

    def planned_ms(self, active_ms: int, *, tracked_ms: int) -> int:
        """Return the time that an entry is to have, 0 for no entry.

        Time that reaches the minimum is never rounded to nothing.
        """
        if tracked_ms and self.tracked_time == "skip":
            return 0
        rest_ms = active_ms - (tracked_ms if self.tracked_time == "subtract" else 0)
        if rest_ms < max(self.minimum_minutes * MINUTE_MS, 1):
            return 0
        if not self.round_minutes:
            return rest_ms
        step_ms = self.round_minutes * MINUTE_MS
        return max(step_ms, (rest_ms + step_ms // 2) // step_ms * step_ms)

    def __str__(self) -> str:
        """Return the rules as people read them."""
        rounding = f"rounded to {self.round_minutes} min" if self.round_minutes else "not rounded"
        tracked = {
            "subtract": "tracked time subtracted",
            "skip": "nothing where time was tracked",
            "ignore": "whether or not time was tracked",
        }
        return f"from {self.minimum_minutes} min on, {rounding}, {tracked[self.tracked_time]}"
