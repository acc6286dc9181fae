"""What was read completely, as records of the stream completed_reads. Pure.

The target derives deletions from these records: docs/explained/completed-reads.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_clickup.conversions import format_timestamp
from tap_clickup.extracted import ExtractedRecord

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from tap_clickup.date_slices import Slice
    from tap_clickup.packed import PackedKeys

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


def time_entry_scope(
    date_slice: Slice,
    *,
    started_at: datetime,
    user_ids: Sequence[str],
    task_id: str | None = None,
    conditions: ScopeConditions,
) -> ReadScope:
    """Return the scope of the time entries of users in a slice, on one task if `task_id` is given.

    `conditions` are further ones, such as the selected spaces.
    """
    bounds = {
        "from": format_timestamp(date_slice.start),
        "before": format_timestamp(date_slice.end),
    }
    scope_conditions: ScopeConditions = {"started_at": bounds, "user_id": {"in": list(user_ids)}}
    name = date_slice.name
    if task_id:
        scope_conditions["task_id"] = {"in": [task_id]}
        name = f"{name} {task_id}"
    scope_conditions |= conditions
    return ReadScope("time_entries", started_at, scope_conditions, name=name)


@dataclass(frozen=True)
class CompletedRead:
    """A scope that was read completely until `finished_at`, and the keys of its rows."""

    scope: ReadScope
    keys: PackedKeys
    workspace_id: str
    finished_at: datetime

    def extract(self) -> ExtractedRecord:
        """Return the record which says that exactly the rows with these keys exist in the scope."""
        keys = list(self.keys)
        record = {
            "workspace_id": self.workspace_id,
            "stream": self.scope.stream,
            "scope": self.scope.name,
            "started_at": format_timestamp(self.scope.started_at),
            "finished_at": format_timestamp(self.finished_at),
            "conditions": {"workspace_id": {"in": [self.workspace_id]}, **self.scope.conditions},
            "key_properties": list(self.scope.key_properties),
            "count": len(keys),
            "keys": keys,
        }
        return ExtractedRecord(record, self.finished_at)
