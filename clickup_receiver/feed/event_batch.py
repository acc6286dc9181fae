"""Many events become few tasks: what can be written at once, and what has to be read. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from tap_clickup.conversions import parse_timestamp
from tap_clickup.extracted import ExtractedRecord

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from clickup_receiver.inbox.events import Event, ObjectType, StatusChange
    from clickup_receiver.inbox.inbox import PendingEvent
    from clickup_receiver.webhooks.secret_store import WebhookSecrets

Place: TypeAlias = "tuple[ObjectType, str]"
"""An object of ClickUp: its kind and its id."""


@dataclass
class Burst:
    """What the events of one workspace that wait together ask for.

    `changed` are the objects to be read, each once, with the moment of their latest change, as far
    as it was told; `deleted` those that are gone since a moment; `timed` the tasks whose time
    entries changed, with the moments at which these began, as far as they were told. `since` is the
    moment of the earliest event. `space_ids` are the spaces whose webhooks told it; none is all.
    """

    workspace_id: str
    since: datetime
    status_changes: list[ExtractedRecord] = field(default_factory=list)
    deleted: dict[Place, datetime] = field(default_factory=dict)
    changed: dict[Place, str] = field(default_factory=dict)
    timed: dict[str, set[str]] = field(default_factory=dict)
    numbers: dict[Place, list[int]] = field(default_factory=dict)
    space_ids: set[str] = field(default_factory=set)

    def add(self, waiting: PendingEvent) -> None:
        """Add an event of this workspace."""
        event, place = waiting.event, (waiting.event.object_type, waiting.event.object_id)
        self.numbers.setdefault(place, []).append(waiting.id)
        self.since = min(self.since, _happened(waiting))
        self.status_changes += [
            ExtractedRecord(_status_change(event, change, self.workspace_id), waiting.received_at)
            for change in event.status_changes
        ]
        if event.is_deletion:
            before = self.deleted.get(place, waiting.received_at)
            self.deleted[place] = max(before, waiting.received_at)
            return
        self.changed[place] = max(self.changed.get(place, ""), event.changed_at or "")
        if event.has_time_changes:
            self.timed.setdefault(event.object_id, set()).update(event.time_entry_starts)

    def changed_of(self, kind: ObjectType) -> dict[str, str]:
        """Return the objects of a kind that have to be read, with their latest moment or ""."""
        return {object_id: at for (of, object_id), at in self.changed.items() if of == kind}


def bursts(waiting: Iterable[PendingEvent], webhooks: Mapping[str, WebhookSecrets]) -> list[Burst]:
    """Return what the events of some webhooks ask for, by workspace; others are left out."""
    found: dict[str, Burst] = {}
    for one in waiting:
        if webhook := webhooks.get(one.event.webhook_id):
            workspace_id = webhook.workspace_id
            burst = found.setdefault(workspace_id, Burst(workspace_id, _happened(one)))
            burst.add(one)
            burst.space_ids |= {webhook.space_id} if webhook.space_id else set()
    return list(found.values())


def _happened(waiting: PendingEvent) -> datetime:
    changed_at = waiting.event.changed_at
    return parse_timestamp(changed_at) if changed_at else waiting.received_at


def _status_change(event: Event, change: StatusChange, workspace_id: str) -> dict[str, Any]:
    """Return the record of a change of status."""
    return {
        "workspace_id": workspace_id,
        "id": change.id,
        "task_id": event.object_id,
        "list_id": change.list_id,
        "changed_at": change.changed_at,
        "user_id": change.user_id,
        "from_status": change.from_status,
        "from_status_type": change.from_status_type,
        "to_status": change.to_status,
        "to_status_type": change.to_status_type,
    }
