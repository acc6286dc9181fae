"""One selected workspace during one run: what its streams share and leave for each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tap_clickup.conversions import id_to_str
from tap_clickup.errors import ScopeError
from tap_clickup.fields import Fields
from tap_clickup.packed import PackedKeys
from tap_clickup.read_scope import CompletedRead
from tap_clickup.selection import ALL_SPACES, SpaceSelection

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tap_clickup.fields import Json
    from tap_clickup.hierarchy import Hierarchy
    from tap_clickup.read_scope import ReadScope
    from tap_clickup.sync_report import SyncReport
    from tap_clickup.time_in_status_backlog import TimeInStatusBacklog
    from tap_clickup.webhook_coverage import WebhookCoverage


@dataclass
class Workspace:
    """A workspace, its hierarchy and its report.

    `payload` is ClickUp's own object, which API v2 calls a team. `seen_users` are the users on
    tasks and time entries, `synced_task_ids` the tasks that this run has read if a stream needs
    them, `live_task_count` their number if all were counted. `progress` is the estimated share of
    the tasks that were read so far. `time_in_status` is None unless that stream is read.
    """

    payload: Json
    requested_at: datetime
    hierarchy: Hierarchy
    report: SyncReport
    webhooks: WebhookCoverage
    seen_users: dict[str, Json] = field(default_factory=dict)
    synced_task_ids: set[str] = field(default_factory=set)
    live_task_count: int | None = None
    progress: float | None = None
    time_in_status: TimeInStatusBacklog | None = None
    completed_reads: list[CompletedRead] = field(default_factory=list)
    _scopes: set[tuple[str, str]] = field(default_factory=set)

    @property
    def id(self) -> str:
        """The workspace's id."""
        return Fields(self.payload).required_id

    @property
    def members(self) -> dict[str, Json]:
        """Its members by user id."""
        return {user.id: user.payload for user in self.member_fields if user.id}

    @property
    def member_fields(self) -> list[Fields]:
        """The users among its members, whatever ClickUp sends for them."""
        members = Fields(self.payload).array("members")
        return [Fields(member).object("user") for member in members]

    @property
    def selection(self) -> SpaceSelection:
        """The selected spaces that the token sees here. Requests the spaces if not all are."""
        if not self.hierarchy.space_ids:
            return SpaceSelection(ALL_SPACES)
        return SpaceSelection(tuple(self.hierarchy.space_ids_found))

    def add_synced_tasks(self, task_ids: Iterable[str]) -> None:
        """Add tasks that this run has read, if another stream needs them."""
        if self.time_in_status or self.hierarchy.space_ids:
            self.synced_task_ids.update(task_ids)

    def add_seen_users(self, users: Iterable[Json]) -> None:
        """Add users that were seen on tasks or time entries."""
        self.seen_users.update(
            {user_id: user for user in users if (user_id := id_to_str(user.get("id")))}
        )

    def add_completed_read(self, scope: ReadScope, keys: Iterable[Sequence[str]]) -> None:
        """Record that exactly the rows with these keys exist in a scope.

        Raises `ScopeError` if the stream has added a scope of that name before.
        """
        if (scope.stream, scope.name) in self._scopes:
            raise ScopeError(
                f"stream {scope.stream}: two completed reads with the scope {scope.name!r}, of "
                "which the target would keep one; give each ReadScope a name of its own, such as "
                "the id of its space"
            )
        self._scopes.add((scope.stream, scope.name))
        packed = keys if isinstance(keys, PackedKeys) else PackedKeys(keys)
        self.completed_reads.append(CompletedRead(scope, packed, self.id, datetime.now(UTC)))
