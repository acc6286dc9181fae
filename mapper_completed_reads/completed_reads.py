"""Validate records of `completed_reads`, and match rows with their conditions. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType, field

Scalar = str | int | float | bool


def as_utc(timestamp: str) -> str:
    """Return a timestamp in UTC, which texts are compared by; one without an offset is in UTC.

    Raises ValueError for another text.
    """
    time = datetime.fromisoformat(timestamp)
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC).isoformat()


def as_comparable(value: Any) -> Any:
    """Return a timestamp in UTC, and any other value as it is."""
    try:
        return as_utc(value) if isinstance(value, str) else value
    except ValueError:
        return value


class Condition(Struct, forbid_unknown_fields=True):
    """A condition on a property, which null does not meet."""

    values: list[Any] | UnsetType = field(default=UNSET, name="in")
    at_least: Scalar | UnsetType = field(default=UNSET, name="from")
    before: Scalar | UnsetType = UNSET

    def __post_init__(self) -> None:
        """Convert the bounds once."""
        self.at_least = as_comparable(self.at_least)
        self.before = as_comparable(self.before)

    def accepts(self, value: Any) -> bool:
        """Return whether a value meets the condition."""
        if value is None or (self.values is not UNSET and value not in self.values):
            return False
        value = as_comparable(value)
        is_early = self.at_least is not UNSET and value < self.at_least
        return not is_early and (self.before is UNSET or value < self.before)


class CompletedRead(Struct):
    """States that of the rows that meet all conditions, exactly those of `keys` exist."""

    workspace_id: str
    stream: str
    scope: str
    started_at: str
    conditions: dict[str, Condition]
    key_properties: Annotated[list[str], Meta(min_length=1)]
    count: int
    keys: list[list[Any]]

    def __post_init__(self) -> None:
        """Raise ValueError, of which msgspec makes its `ValidationError`."""
        self.started_at = as_utc(self.started_at)
        if self.count != len(self.keys):
            raise ValueError(f"count is {self.count}, and it has {len(self.keys)} keys")

    def matches(self, record: dict[str, Any]) -> bool:
        """Return whether a row belongs to the scope."""
        tenant = record.get("workspace_id", self.workspace_id)
        if self.workspace_id and tenant != self.workspace_id:
            return False
        conditions = self.conditions.items()
        return all(condition.accepts(record.get(name)) for name, condition in conditions)
