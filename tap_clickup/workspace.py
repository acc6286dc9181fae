"""One selected workspace during one run: what its streams share and leave for one another."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tap_clickup.extracted import Reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tap_clickup.hierarchy import Hierarchy
    from tap_clickup.records import Json
    from tap_clickup.sync_report import Report

Conditions = dict[str, dict[str, Any]]
"""By property: `{"in": values}`, or `{"from": value, "before": value}`."""


@dataclass(frozen=True)
class Scope:
    """A part of a stream that was read to its end, and since when.

    `conditions` tell which rows belong to it, `key_properties` tell them apart, `name` is the same
    from read to read.
    """

    stream: str
    started_at: datetime
    conditions: Conditions
    key_properties: tuple[str, ...] = ("id",)
    name: str = "all"


@dataclass
class Workspace:
    """A workspace, its hierarchy and its report.

    `people` are the users seen on tasks and time entries, `task_ids` the tasks read by this run if
    anybody needs them, `live_tasks` their number if all were counted.
    """

    team: Json
    sent_at: datetime
    hierarchy: Hierarchy
    report: Report
    people: dict[str, Json] = field(default_factory=dict)
    task_ids: set[str] = field(default_factory=set)
    live_tasks: int | None = None
    completed_reads: list[Reading] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The workspace's id."""
        return str(self.team["id"])

    @property
    def members(self) -> dict[str, Json]:
        """Its members by user id."""
        found = (member["user"] for member in self.team.get("members") or ())
        return {str(user["id"]): user for user in found}

    def completed(self, scope: Scope, keys: Iterable[Sequence[str]]) -> None:
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
        self.completed_reads.append(Reading(record, finished_at))
