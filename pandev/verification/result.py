"""What was compared, and what differs. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pandev.verification.causes import Difference


@dataclass(frozen=True)
class Extent:
    """How much to compare: `size` random objects of each stream, and all ids `with_ids`.

    `seed` repeats a sample.
    """

    size: int
    seed: int
    with_ids: bool = False


@dataclass
class StreamResult:
    """What was compared of the stored objects that `noun` names.

    `listed` is the number of ids in ClickUp and `stored_ids` in the store, None if they were not
    compared; `too_old` those that are not loaded, as they are from before the start date.
    """

    noun: str
    stored_count: int = 0
    compared: int = 0
    equal: int = 0
    listed: int | None = None
    stored_ids: int | None = None
    too_old: int = 0


@dataclass
class Verification:
    """What was compared, and what differs.

    `failures` are what could not be read, `denied` what ClickUp denies.
    """

    seed: int
    streams: list[StreamResult] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    denied: list[str] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to compare, neither in the store nor in ClickUp."""
        return not any(stream.stored_count or stream.listed for stream in self.streams)

    def count(self, *causes: str) -> dict[str, int]:
        """Return by noun how many objects differ for one of the causes, without those with none."""
        keys = {item.key for item in self.differences if item.cause in causes}
        counts = {
            stream.noun: sum(key.noun == stream.noun for key in keys) for stream in self.streams
        }
        return {noun: count for noun, count in counts.items() if count}
