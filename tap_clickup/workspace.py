"""One selected workspace during one run: what its streams share and leave for one another."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tap_clickup.extracted import ExtractedRecord

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tap_clickup.hierarchy import Hierarchy
    from tap_clickup.records import Json
    from tap_clickup.sync_report import SyncReport

ScopeConditions = dict[str, dict[str, Any]]
"""By property: `{"in": values}`, or `{"from": value, "before": value}`."""


@dataclass(frozen=True)
class ReadScope:
    """A part of a stream that was read to its end, and since when.

    `conditions` tell which rows belong to it, `key_properties` tell them apart, `name` is the same
    from read to read.
    """

    stream: str
    started_at: datetime
    conditions: ScopeConditions
    key_properties: tuple[str, ...] = ("id",)
    name: str = "all"


@dataclass
class Workspace:
    """A workspace, its hierarchy and its report.

    `seen_users` are the users seen on tasks and time entries, `synced_task_ids` the tasks read by
    this run if a stream needs them, `live_task_count` their number if all were counted.
    """

    payload: Json
    requested_at: datetime
    hierarchy: Hierarchy
    report: SyncReport
    seen_users: dict[str, Json] = field(default_factory=dict)
    synced_task_ids: set[str] = field(default_factory=set)
    live_task_count: int | None = None
    completed_reads: list[ExtractedRecord] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The workspace's id."""
        return str(self.payload["id"])

    @property
    def members(self) -> dict[str, Json]:
        """Its members by user id."""
        found = (member["user"] for member in self.payload.get("members") or ())
        return {str(user["id"]): user for user in found}

    def add_completed_read(self, scope: ReadScope, keys: Iterable[Sequence[str]]) -> None:
        """Note that of a scope exactly these keys exist: see docs/completed-reads.md."""
        finished_at, found = datetime.now(UTC), sorted({tuple(key) for key in keys})
        record = {
            "workspace_id": self.id,
            "stream": scope.stream,
            "scope": scope.name,
            "started_at": scope.started_at.isoformat(timespec="milliseconds"),
            "finished_at": finished_at.isoformat(timespec="milliseconds"),
            "conditions": {"workspace_id": {"in": [self.id]}, **scope.conditions},
            "key_properties": list(scope.key_properties),
            "count": len(found),
            "keys": found,
        }
        self.completed_reads.append(ExtractedRecord(record, finished_at))
