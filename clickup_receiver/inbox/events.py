"""A delivery's body becomes an Event. Pure; what may not be kept is dropped here.

An Event holds ids, moments and names of statuses: no text that people wrote, no name, no e-mail.
https://developer.clickup.com/docs/webhooktaskpayloads
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import msgspec

from tap_clickup.conversions import to_iso_timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator

Kind: TypeAlias = Literal["task", "list", "folder", "space"]
EVENTS: dict[str, Kind] = {
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
"""The events that are subscribed to, and what they are about. Comments and goals are not read."""
LONGEST_ID = 128


class EventError(Exception):
    """A body that is signed and all the same no event: what is wrong, without its text."""


class StatusChange(msgspec.Struct, frozen=True, omit_defaults=True):
    """One history item of a status: ids, and the names and types before and after.

    `changed_at` is ISO 8601 in UTC. A new task comes from no status: `from_status` is None.
    """

    id: str
    changed_at: str
    list_id: str | None = None
    user_id: str | None = None
    from_status: str | None = None
    from_status_type: str | None = None
    to_status: str | None = None
    to_status_type: str | None = None


class Event(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a delivery tells. `latest` is the latest moment among its history items, ISO 8601 UTC.

    `workspace_id` is None in deliveries from before 2026, which do not name it. Without history an
    event tells nothing but that its object has to be read again. `entry_starts` are the moments at
    which time entries began that it is about; it is not told of all.
    """

    name: str
    webhook_id: str
    kind: Kind
    object_id: str
    workspace_id: str | None = None
    has_history: bool = False
    latest: str | None = None
    status_changes: tuple[StatusChange, ...] = ()
    is_about_time: bool = False
    entry_starts: tuple[str, ...] = ()

    @property
    def is_deletion(self) -> bool:
        """Whether its object is gone."""
        return self.name.endswith("Deleted")


def decoded(body: bytes) -> dict[str, Any]:
    """Return a body's JSON object. Raises `EventError`.

    A text that was cut within a character is half of a surrogate pair, which msgspec refuses.
    """
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        found = _decoded_slowly(body)
    if not isinstance(found, dict):
        raise EventError("the body is no JSON object")
    return found


def _decoded_slowly(body: bytes) -> Any:
    try:
        return json.loads(body.decode(), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise EventError("the body is not JSON") from error


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def webhook_id_of(delivery: dict[str, Any]) -> str:
    """Return the webhook that a delivery says it comes from, to find its secret by."""
    return _needed(delivery, "webhook_id")


def event_of(delivery: dict[str, Any]) -> Event | None:
    """Return the event of a delivery; None if it is none that we read. Raises `EventError`."""
    name = delivery.get("event")
    if not isinstance(name, str):
        raise EventError("event: expected a name")
    if not (kind := EVENTS.get(name)):
        return None
    history = [item for item in _listed(delivery) if isinstance(item, dict)]
    moments = [at for item in history if (at := _moment(item.get("date")))]
    return Event(
        name=name,
        webhook_id=webhook_id_of(delivery),
        kind=kind,
        object_id=_needed(delivery, f"{kind}_id"),
        workspace_id=_id(delivery.get("team_id")),
        has_history=bool(history),
        latest=max(moments, default=None),
        status_changes=tuple(_status_changes(history)) if kind == "task" else (),
        is_about_time=any(item.get("field") == "time_spent" for item in history),
        entry_starts=tuple(sorted(set(_entry_starts(history)))),
    )


def _listed(delivery: dict[str, Any]) -> list[Any]:
    """Return the history: no key at all in deliveries of 2022, an empty list in those of 2026."""
    history = delivery.get("history_items") or []
    if not isinstance(history, list):
        raise EventError("history_items: expected a list")
    return history


def _status_changes(history: list[dict[str, Any]]) -> Iterator[StatusChange]:
    for item in history:
        if item.get("field") != "status":
            continue
        history_id, changed_at = _id(item.get("id")), _moment(item.get("date"))
        if not history_id or not changed_at:
            raise EventError("history_items: a change of status lacks its id or its date")
        before, after = _object(item, "before"), _object(item, "after")
        from_status = _text(before.get("status"))
        yield StatusChange(
            id=history_id,
            changed_at=changed_at,
            list_id=_id(item.get("parent_id")),
            user_id=_id(_object(item, "user").get("id")),
            from_status=from_status,
            from_status_type=_text(before.get("type")) if from_status else None,
            to_status=_text(after.get("status")),
            to_status_type=_text(after.get("type")),
        )


def _entry_starts(history: list[dict[str, Any]]) -> Iterator[str]:
    for item in history:
        if item.get("field") == "time_spent":
            starts = (_moment(_object(item, side).get("start")) for side in ("before", "after"))
            yield from (at for at in starts if at)


def _needed(delivery: dict[str, Any], key: str) -> str:
    if not (found := _id(delivery.get(key))):
        raise EventError(f"{key}: expected an id")
    return found


def _id(value: Any) -> str | None:
    """Return an id as text: ClickUp sends the same id as a number here and as text there."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value) if isinstance(value, str) or abs(value) < 2**63 else ""
    return text if 0 < len(text) <= LONGEST_ID and text.isprintable() else None


def _moment(value: Any) -> str | None:
    return to_iso_timestamp(value) if isinstance(value, str | int) else None


def _object(item: dict[str, Any], key: str) -> dict[str, Any]:
    found = item.get(key)
    return found if isinstance(found, dict) else {}


def _text(value: Any) -> str | None:
    return value.encode(errors="replace").decode() if isinstance(value, str) else None
