"""Group pending events by workspace: what can be emitted at once, and what has to be read. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from tap_clickup.extracted import ExtractedRecord

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from clickup_receiver.inbox.events import Event, ObjectType, TaskChange
    from clickup_receiver.inbox.inbox import PendingEvent
    from clickup_receiver.webhooks.secret_store import WebhookSecrets

ObjectKey: TypeAlias = "tuple[ObjectType, str]"
"""An object of ClickUp: its type and its id."""


@dataclass
class EventBatch:
    """The events of one workspace that are loaded together, by object.

    `changed` are the objects to read, each once, with the timestamp of their latest change or "" if
    it is unknown; `deleted` those reported as deleted, and when. `tasks_with_time_changes` are
    tasks whose time entries changed, with the start of those entries if known. `untimed` are
    objects with an event that does not say when it was, and when the latest of these was received.
    `inbox_ids` are the ids of the events in the inbox. `space_ids` are the spaces of the
    workspace's webhooks; empty means all.
    """

    workspace_id: str
    space_ids: frozenset[str] = frozenset()
    task_changes: list[ExtractedRecord] = field(default_factory=list)
    deleted: dict[ObjectKey, datetime] = field(default_factory=dict)
    changed: dict[ObjectKey, str] = field(default_factory=dict)
    tasks_with_time_changes: dict[str, set[str]] = field(default_factory=dict)
    untimed: dict[ObjectKey, datetime] = field(default_factory=dict)
    inbox_ids: dict[ObjectKey, list[int]] = field(default_factory=dict)

    def add(self, pending: PendingEvent) -> None:
        """Add an event of this workspace."""
        event = pending.event
        key = (event.object_type, event.object_id)
        self.inbox_ids.setdefault(key, []).append(pending.id)
        for change in event.task_changes:
            record = _task_change(event, change, self.workspace_id)
            self.task_changes.append(ExtractedRecord(record, pending.received_at))
        if event.is_deletion:
            deleted_at = self.deleted.get(key, pending.received_at)
            self.deleted[key] = max(deleted_at, pending.received_at)
            return
        self.changed[key] = max(self.changed.get(key, ""), event.changed_at or "")
        if not event.changed_at:
            received_at = self.untimed.get(key, pending.received_at)
            self.untimed[key] = max(received_at, pending.received_at)
        if event.has_time_changes:
            starts = self.tasks_with_time_changes.setdefault(event.object_id, set())
            starts.update(event.time_entry_starts)

    def changed_objects(self, object_type: ObjectType) -> dict[str, str]:
        """Return the objects of a type to read, by id, with their latest change or ""."""
        return {
            object_id: changed_at
            for (changed_type, object_id), changed_at in self.changed.items()
            if changed_type == object_type
        }


def group_events(
    events: Iterable[PendingEvent], webhooks: Mapping[str, WebhookSecrets]
) -> list[EventBatch]:
    """Return the events of some webhooks, by workspace; events of other webhooks are left out."""
    batches: dict[str, EventBatch] = {}
    for pending in events:
        webhook = webhooks.get(pending.event.webhook_id)
        if webhook is None:
            continue
        workspace_id = webhook.workspace_id
        if workspace_id not in batches:
            batches[workspace_id] = EventBatch(workspace_id, _space_ids(workspace_id, webhooks))
        batches[workspace_id].add(pending)
    return list(batches.values())


def _space_ids(workspace_id: str, webhooks: Mapping[str, WebhookSecrets]) -> frozenset[str]:
    return frozenset(
        webhook.space_id
        for webhook in webhooks.values()
        if webhook.workspace_id == workspace_id and webhook.space_id
    )


def _task_change(event: Event, change: TaskChange, workspace_id: str) -> dict[str, Any]:
    """Return the record of a change."""
    return {
        "workspace_id": workspace_id,
        "id": change.id,
        "task_id": event.object_id,
        "list_id": change.list_id,
        "changed_at": change.changed_at,
        "user_id": change.user_id,
        "field": change.field,
        "from_value": change.from_value,
        "from_status_type": change.from_status_type,
        "to_value": change.to_value,
        "to_status_type": change.to_status_type,
    }
