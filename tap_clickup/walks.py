"""When the folders and lists of a space are walked again, and what is saved of a walk. Pure.

A poll walks a space that no healthy webhook covers, one that was not walked before, and one in
which a task names an unknown list. Every other space is walked once an hour, each at its own minute
of the hour, so that not all of them are walked by the same poll.
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tap_clickup.conversions import format_timestamp, parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

WALK_INTERVAL = timedelta(hours=1)
MIN_WALK_AGE = timedelta(minutes=5)
"""A space that was walked shortly before its minute of the hour is not walked again at once."""
HASH_LENGTH = 4
"""Characters per list in the state: 24 bits, so that a list is mistaken for a known one of a space
of 100 lists once in 160,000 times; the hourly walk finds it then."""


@dataclass(frozen=True)
class SpaceWalk:
    """The walk over the folders and lists of a space.

    `lists` has a hash of each list and of whether it is in an archived place. `webhook_id` is a
    webhook that covered the space then, and `walked_at` is when the walk started; they are None if
    the space has to be walked again by the next run.
    """

    walked_at: datetime | None
    lists: str
    is_archived: bool
    webhook_id: str | None

    @classmethod
    def from_state(cls, saved: Mapping[str, Any]) -> SpaceWalk:
        """Return a saved walk. Raises `TypeError` or `ValueError` if it is not one."""
        lists = saved["lists"]
        if not isinstance(lists, str):
            raise TypeError
        at = saved.get("at")
        return cls(
            walked_at=None if at is None else parse_timestamp(at).astimezone(UTC),
            lists=lists,
            is_archived=bool(saved.get("archived")),
            webhook_id=saved.get("webhook"),
        )

    def to_state(self) -> dict[str, Any]:
        """Return the walk as it is saved in the state."""
        saved: dict[str, Any] = {"lists": self.lists}
        if self.walked_at is not None:
            saved |= {"at": format_timestamp(self.walked_at), "webhook": self.webhook_id}
        if self.is_archived:
            saved["archived"] = True
        return saved

    def is_current(
        self, space_id: str, *, is_archived: bool, webhook_ids: Collection[str], now: datetime
    ) -> bool:
        """Return whether the space need not be walked: the same webhook has covered it since.

        `webhook_ids` are the healthy webhooks that cover it now.
        """
        if self.walked_at is None or self.is_archived != is_archived:
            return False
        if self.webhook_id not in webhook_ids:
            return False
        return not _is_due(space_id, self.walked_at, now)

    def includes_list(self, list_id: str) -> bool:
        """Return whether the walk has shown a list."""
        known = {
            self.lists[start : start + HASH_LENGTH]
            for start in range(0, len(self.lists), HASH_LENGTH)
        }
        return any(_hash(f"{list_id} {archived}") in known for archived in (False, True))


def _is_due(space_id: str, walked_at: datetime, now: datetime) -> bool:
    """Return whether the space's minute of the hour has come since it was walked."""
    if walked_at > now:
        return True
    if now - walked_at < MIN_WALK_AGE:
        return False
    offset = zlib.crc32(space_id.encode()) % WALK_INTERVAL.total_seconds()
    walked_turn, turn = (
        (at.timestamp() - offset) // WALK_INTERVAL.total_seconds() for at in (walked_at, now)
    )
    return turn > walked_turn


def hash_lists(list_ids: Iterable[str], archived: Collection[str]) -> str:
    """Return the hashes of lists; `archived` are the lists in archived places."""
    return "".join(sorted({_hash(f"{list_id} {list_id in archived}") for list_id in list_ids}))


def _hash(text: str) -> str:
    value = hashlib.blake2b(text.encode(), digest_size=HASH_LENGTH * 3 // 4).digest()
    return base64.urlsafe_b64encode(value).decode()


def digest(ids: Iterable[str]) -> str:
    """Return a short hash of a set of ids."""
    return hashlib.blake2b(",".join(sorted(set(ids))).encode(), digest_size=8).hexdigest()


def saved_walks(state: Mapping[str, Any]) -> dict[str, SpaceWalk]:
    """Return the walks in a workspace's part of the state of tasks, by space id."""
    return {
        space_id: SpaceWalk.from_state(saved) for space_id, saved in state.get("walks", {}).items()
    }


def saved_archives(state: Mapping[str, Any]) -> dict[str, str]:
    """Return the digests of the archived lists whose tasks were read, by space id.

    Earlier versions saved one digest for all spaces, which is of no use here.
    """
    archives = state.get("archives")
    return dict(archives) if isinstance(archives, dict) else {}
