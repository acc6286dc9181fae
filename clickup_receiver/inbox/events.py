"""Parse the body of a delivery into an `Event`. Pure; whatever must not be stored is dropped here.

An event contains ids, timestamps and names of statuses: no free text, no names of people and no
e-mail addresses. https://developer.clickup.com/docs/webhooktaskpayloads
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import msgspec

from tap_clickup.conversions import parse_number, to_iso_timestamp
from tap_clickup.json_decoder import JsonError, decode_json

if TYPE_CHECKING:
    from collections.abc import Iterator

ObjectType: TypeAlias = Literal["task", "list", "folder", "space"]
EVENTS: dict[str, ObjectType] = {
    "taskCreated": "task",
    "taskUpdated": "task",
    "taskDeleted": "task",
    "taskPriorityUpdated": "task",
    "taskStatusUpdated": "task",
    "taskAssigneeUpdated": "task",
    "taskDueDateUpdated": "task",
    "taskTagUpdated": "task",
    "taskMoved": "task",
    "taskTimeEstimateUpdated": "task",
    "taskTimeTrackedUpdated": "task",
    "listCreated": "list",
    "listUpdated": "list",
    "listDeleted": "list",
    "folderCreated": "folder",
    "folderUpdated": "folder",
    "folderDeleted": "folder",
    "spaceCreated": "space",
    "spaceUpdated": "space",
    "spaceDeleted": "space",
}
"""The events we subscribe to, and the type of their object. Comments and goals are not read."""
MAX_ID_LENGTH = 128
STATUS = "status"
DUE_DATE = "due_date"
TIME_ESTIMATE = "time_estimate_ms"
TRACKED_FIELDS = {
    "status": STATUS,
    "due_date": DUE_DATE,
    "time_estimate": TIME_ESTIMATE,
    "priority": "priority",
    "section_moved": "list_id",
    "assignee_add": "assignee_ids",
    "assignee_rem": "assignee_ids",
}
"""Fields of history items that are read, with the property of tasks that changed. ClickUp does not
document others, such as points and additional lists; versions of the task show them."""


class EventError(Exception):
    """A signed body that is not an event. The message names the problem and quotes nothing."""


class TaskChange(msgspec.Struct, frozen=True, omit_defaults=True):
    """One history item of a task: the property of tasks that changed, its values before and after.

    `changed_at` is ISO 8601 in UTC. A value is an id, a number, a timestamp or the name of a
    status, as text, and None if there was none, such as the previous status of a new task. Earlier
    releases stored statuses only.
    """

    id: str
    changed_at: str
    field: str = "status"
    list_id: str | None = None
    user_id: str | None = None
    from_value: str | None = msgspec.field(name="from_status", default=None)
    from_status_type: str | None = None
    to_value: str | None = msgspec.field(name="to_status", default=None)
    to_status_type: str | None = None


class Event(msgspec.Struct, frozen=True, omit_defaults=True):
    """The part of a delivery that the inbox stores, as JSON; `name=` is the stored name of a field.

    `changed_at` is the latest timestamp among the history items, ISO 8601 in UTC. `workspace_id` is
    None in deliveries from before 2026, which do not name it. An event without history only means
    that its object has changed and must be read again. `time_entry_starts` are the start times of
    the time entries that changed, if ClickUp names them.
    """

    name: str
    webhook_id: str
    object_type: ObjectType = msgspec.field(name="kind")
    object_id: str
    workspace_id: str | None = None
    has_history: bool = False
    changed_at: str | None = msgspec.field(name="latest", default=None)
    task_changes: tuple[TaskChange, ...] = msgspec.field(name="status_changes", default=())
    has_time_changes: bool = msgspec.field(name="is_about_time", default=False)
    time_entry_starts: tuple[str, ...] = msgspec.field(name="entry_starts", default=())

    @property
    def is_deletion(self) -> bool:
        """Whether its object was deleted."""
        return self.name.endswith("Deleted")


def decode_body(body: bytes) -> dict[str, Any]:
    """Return the JSON object in a body. Raises `EventError`."""
    try:
        delivery = decode_json(body, strict=True)
    except JsonError as error:
        raise EventError("the body is not JSON") from error
    if not isinstance(delivery, dict):
        raise EventError("the body is not a JSON object")
    return delivery


def parse_webhook_id(delivery: dict[str, Any]) -> str:
    """Return the id of the webhook that a delivery claims to come from. Raises `EventError`."""
    return _require_id(delivery, "webhook_id")


def parse_event(delivery: dict[str, Any]) -> Event | None:
    """Return the event of a delivery, None for an event that is not read. Raises `EventError`."""
    name = delivery.get("event")
    if not isinstance(name, str):
        raise EventError("event: expected a name")
    object_type = EVENTS.get(name)
    if not object_type:
        return None
    history = _history_items(delivery)
    timestamps = [_parse_timestamp(item.get("date")) for item in history]
    return Event(
        name=name,
        webhook_id=parse_webhook_id(delivery),
        object_type=object_type,
        object_id=_require_id(delivery, f"{object_type}_id"),
        workspace_id=_parse_id(delivery.get("team_id")),
        has_history=bool(history),
        changed_at=max(filter(None, timestamps), default=None),
        task_changes=tuple(_task_changes(history)) if object_type == "task" else (),
        has_time_changes=any(item.get("field") == "time_spent" for item in history),
        time_entry_starts=tuple(sorted(set(_time_entry_starts(history)))),
    )


def _history_items(delivery: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the history. Deliveries of 2022 lack the key, those of 2026 have an empty list."""
    history = delivery.get("history_items") or []
    if not isinstance(history, list):
        raise EventError("history_items: expected a list")
    return [item for item in history if isinstance(item, dict)]


def _task_changes(history: list[dict[str, Any]]) -> Iterator[TaskChange]:
    for item in history:
        name = TRACKED_FIELDS.get(str(item.get("field")))
        if not name:
            continue
        history_id = _parse_id(item.get("id"))
        changed_at = _parse_timestamp(item.get("date"))
        if not history_id or not changed_at:
            raise EventError(f"history_items: a change of {name} lacks its id or its date")
        before = item.get("before")
        after = item.get("after")
        change = TaskChange(
            id=history_id,
            changed_at=changed_at,
            field=name,
            list_id=_parse_id(item.get("parent_id")),
            user_id=_parse_id(_object_at(item, "user").get("id")),
            from_value=_parse_value(name, before),
            from_status_type=_parse_status_type(name, before),
            to_value=_parse_value(name, after),
            to_status_type=_parse_status_type(name, after),
        )
        if change.from_value != change.to_value:
            yield change


def _parse_value(name: str, value: Any) -> str | None:
    """Return a value of a property of tasks as text; None for none, or for an unknown shape."""
    if name == DUE_DATE:
        return _parse_timestamp(value)
    if name == TIME_ESTIMATE:
        milliseconds = parse_number(value)
        return None if milliseconds is None else str(milliseconds)
    if not isinstance(value, dict):
        return None
    return _encodable_text(value.get("status")) if name == STATUS else _parse_id(value.get("id"))


def _parse_status_type(name: str, value: Any) -> str | None:
    """Return the type of a status; a task that is being created has a type, but no status."""
    if name != STATUS or _parse_value(name, value) is None:
        return None
    return _encodable_text(value.get("type"))


def _time_entry_starts(history: list[dict[str, Any]]) -> Iterator[str]:
    for item in history:
        if item.get("field") != "time_spent":
            continue
        for side in ("before", "after"):
            start = _parse_timestamp(_object_at(item, side).get("start"))
            if start:
                yield start


def _require_id(delivery: dict[str, Any], key: str) -> str:
    value = _parse_id(delivery.get(key))
    if not value:
        raise EventError(f"{key}: expected an id")
    return value


def _parse_id(value: Any) -> str | None:
    """Return an id as text: ClickUp sends the same id as a number here and as text there."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value) if isinstance(value, str) or abs(value) < 2**63 else ""
    return text if 0 < len(text) <= MAX_ID_LENGTH and text.isprintable() else None


def _parse_timestamp(value: Any) -> str | None:
    return to_iso_timestamp(value) if isinstance(value, str | int) else None


def _object_at(item: dict[str, Any], key: str) -> dict[str, Any]:
    value = item.get(key)
    return value if isinstance(value, dict) else {}


def _encodable_text(value: Any) -> str | None:
    """Return a text with half a surrogate pair replaced, so that it can be stored as UTF-8."""
    return value.encode(errors="replace").decode() if isinstance(value, str) else None
