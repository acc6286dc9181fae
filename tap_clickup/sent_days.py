"""Which time entries a target already has: those of days that are as they were last sent. Pure.

ClickUp has no order of time entries by change, so a window of days is read again in every run. The
state has a digest of the records of each of these days, one for the users of each request. Records
are sent if the digest of their day differs.
"""

from __future__ import annotations

from base64 import b64encode
from collections import defaultdict
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_clickup.date_slices import Slice
    from tap_clickup.packed import PackedRecords

DIGEST_BYTES = 6
"""Two different contents of a day have the same digest once in 280 million million times."""
MAX_DAYS = 100
"""Days of a longer window are sent in every run, so that the state does not grow with it."""

Digests = dict[str, dict[str, str]]
"""By the first user of a request and by day."""


@dataclass
class SentDays:
    """The digests of what was sent, from the day `since` on.

    `form` is what else decides how a record arrives, such as deselected properties. With
    `sends_all` everything is sent.
    """

    digests: Digests
    since: str
    form: str
    sends_all: bool = False

    def __post_init__(self) -> None:
        kept = {user_id: self._recent(days) for user_id, days in self.digests.items()}
        self.digests = {user_id: days for user_id, days in kept.items() if days}

    def select_unsent(
        self, user_ids: Sequence[str], records: PackedRecords
    ) -> tuple[PackedRecords, dict[str, str]]:
        """Return the records of days that have changed, and the digests of all days."""
        known = {} if self.sends_all else self.digests.get(user_ids[0], {})
        by_day: defaultdict[str, list[bytes]] = defaultdict(list)
        for started_at, text in zip(records.column("started_at"), records.texts, strict=True):
            by_day[(started_at or "")[:10]].append(text)
        digests = {day: self._digest(of_day) for day, of_day in by_day.items() if day >= self.since}
        unsent = [
            text
            for day, of_day in by_day.items()
            if day not in digests or digests[day] != known.get(day)
            for text in of_day
        ]
        return records.select(unsent), digests

    def add(self, user_ids: Sequence[str], date_slice: Slice, digests: dict[str, str]) -> None:
        """Replace the digests of a slice, once its records were sent."""
        first, end = f"{date_slice.start:%Y-%m-%d}", f"{date_slice.end:%Y-%m-%d}"
        days = self.digests.get(user_ids[0], {})
        others = {day: digest for day, digest in days.items() if not first <= day < end}
        if days := others | digests:
            self.digests[user_ids[0]] = days
        else:
            self.digests.pop(user_ids[0], None)

    def _recent(self, days: dict[str, str]) -> dict[str, str]:
        return {day: digest for day, digest in days.items() if day >= self.since}

    def _digest(self, texts: list[bytes]) -> str:
        content = b"\n".join([self.form.encode(), *sorted(texts)])
        return b64encode(blake2b(content, digest_size=DIGEST_BYTES).digest()).decode()
