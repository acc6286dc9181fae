"""Which rows a completed read is about. It does not know where rows are kept."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

Record = dict[str, Any]


def as_time(value: str) -> datetime:
    """Return a timestamp; one without an offset is UTC. Raises ValueError for another text."""
    time = datetime.fromisoformat(value)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def comparable(value: Any) -> Any:
    """Return a value to compare: texts that are timestamps are compared as such."""
    try:
        return as_time(value) if isinstance(value, str) else value
    except ValueError:
        return value


def matches(record: Record, read: Record) -> bool:
    """Return whether a row belongs to the scope of a completed read."""
    tenant = read["workspace_id"]
    if tenant and record.get("workspace_id", tenant) != tenant:
        return False
    return all(
        _fulfils(record.get(name), condition) for name, condition in read["conditions"].items()
    )


def _fulfils(value: Any, condition: Record) -> bool:
    if value is None:
        return False
    if "in" in condition and value not in condition["in"]:
        return False
    compared = comparable(value)
    if "from" in condition and compared < comparable(condition["from"]):
        return False
    return not ("before" in condition and compared >= comparable(condition["before"]))


def find_fault(read: Record, streams: set[str]) -> str | None:
    """Return why a completed read cannot be applied, if it cannot."""
    if read["stream"] not in streams:
        return "its stream is unknown"
    if read["count"] != len(read["keys"]):
        return f"count is {read['count']}, and it has {len(read['keys'])} keys"
    if not read["key_properties"]:
        return "it has no key_properties"
    if as_time(read["started_at"]) > datetime.now(UTC):
        return "started_at is in the future"
    return None


def too_many(gone: int, rows: int, max_share: float) -> bool:
    """Return whether so many rows of a scope are gone that permissions may be lost instead."""
    return gone > max(10, rows * max_share)
