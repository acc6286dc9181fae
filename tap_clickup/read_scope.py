"""What was read completely, as records of the stream completed_reads. Pure.

The target derives deletions from these records: docs/completed-reads.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

ScopeConditions = dict[str, dict[str, Any]]
"""By property: `{"in": values}`, or `{"from": value, "before": value}`."""


@dataclass(frozen=True)
class ReadScope:
    """A part of a stream that was read completely, by requests sent since `started_at`.

    `conditions` select the rows that belong to it, `key_properties` identify a row within it.
    `name` is the same in every run.
    """

    stream: str
    started_at: datetime
    conditions: ScopeConditions
    key_properties: tuple[str, ...] = ("id",)
    name: str = "all"


def completed_read(
    scope: ReadScope,
    keys: Iterable[Sequence[str]],
    *,
    workspace_id: str,
    finished_at: datetime,
) -> dict[str, Any]:
    """Return the record which says that exactly the rows with these keys exist in a scope."""
    existing = sorted({tuple(key) for key in keys})
    return {
        "workspace_id": workspace_id,
        "stream": scope.stream,
        "scope": scope.name,
        "started_at": scope.started_at.isoformat(timespec="milliseconds"),
        "finished_at": finished_at.isoformat(timespec="milliseconds"),
        "conditions": {"workspace_id": {"in": [workspace_id]}, **scope.conditions},
        "key_properties": list(scope.key_properties),
        "count": len(existing),
        "keys": existing,
    }
