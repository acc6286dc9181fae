"""Seeded random data for the generators: equal seeds give equal ids, words and timestamps."""

from __future__ import annotations

import string
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

DAY_MS = 86_400_000
ALPHANUMERIC = string.digits + string.ascii_lowercase
VERBS = ("Fix", "Write", "Review", "Move", "Draw", "Measure", "Split", "Translate", "Retire")
THINGS = (
    "the export",
    "a login page",
    "invoice rounding",
    "the search index",
    "two flaky tests",
    "the release notes",
    "map tiles",
    "an upload limit",
    "the onboarding mail",
)
AWKWARD_NAMES = (
    "Polish the \U0001f680 launch page \U0001f469\u200d\U0001f4bb",
    "Quote \"everything\", even 'this'",
    "Backslashes \\N and C:\\temp\\new",
    "Tab\there, and\na second line",
    "\u200f\u05e2\u05d1\u05e8\u05d9\u05ea right to left\u200f",
    "CU-notatask #123456 DEV-999 in a name",
    "\\.",
    "NULL",
    " spaces at both ends ",
    "=1+1;--' OR 1=1",
    "Long " + "name " * 200,
)


class RandomData:
    """A seeded source of ids, names and timestamps; `now_ms` is the latest timestamp."""

    def __init__(self, seed: int, *, now_ms: int) -> None:
        self.random = Random(f"clickup {seed}")  # noqa: S311 - test data has to be repeatable
        self.now_ms = now_ms
        self._used: set[str] = set()

    def numeric_id(self, prefix: str, *, digits: int) -> str:
        """Return an unused id of digits, `digits` long after its prefix."""
        return self._unused(prefix, alphabet=string.digits, length=digits)

    def task_id(self, *, old: bool = False) -> str:
        """Return an unused task id: nine characters from 86 on, or an old one of six or seven."""
        length = self.random.choice((5, 6)) if old else 7
        return self._unused(
            self.random.choice("123a") if old else "86", alphabet=ALPHANUMERIC, length=length
        )

    def alphanumeric(self, *, length: int) -> str:
        """Return letters and digits as in the ids of statuses."""
        return "".join(self.random.choices(string.ascii_letters + string.digits, k=length))

    def token(self, user_id: int) -> str:
        """Return a personal token of a user."""
        secret = self.random.choices(string.ascii_uppercase + string.digits, k=32)
        return f"pk_{user_id}_{''.join(secret)}"

    def uuid(self) -> str:
        """Return an id in the form of a UUID."""
        bits = f"{self.random.getrandbits(128):032x}"
        return "-".join((bits[:8], bits[8:12], bits[12:16], bits[16:20], bits[20:]))

    def task_name(self) -> str:
        """Return a name, one in twelve of them awkward."""
        if self.chance(1 / 12):
            return self.random.choice(AWKWARD_NAMES)
        return f"{self.random.choice(VERBS)} {self.random.choice(THINGS)}"

    def chance(self, share: float) -> bool:
        """Return True with this probability."""
        return self.random.random() < share

    def sample(self, ids: Sequence[int], *, most: int) -> tuple[int, ...]:
        """Return up to `most` different ids."""
        size = self.random.randint(0, min(most, len(ids)))
        return tuple(self.random.sample(ids, k=size))

    def timestamp_ms(self, *, after_ms: int, before_ms: int | None = None) -> int:
        """Return a timestamp between two others; the second is now by default."""
        end = self.now_ms if before_ms is None else before_ms
        return self.random.randint(min(after_ms, end), end)

    def days_ago_ms(self, days: float) -> int:
        """Return the timestamp this number of days before now."""
        return round(self.now_ms - days * DAY_MS)

    def _unused(self, prefix: str, *, alphabet: str, length: int) -> str:
        while True:
            unused_id = prefix + "".join(self.random.choices(alphabet, k=length))
            if unused_id not in self._used:
                self._used.add(unused_id)
                return unused_id
