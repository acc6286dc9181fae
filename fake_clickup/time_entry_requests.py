"""Requests that create, change and delete time entries.

An assignee who is not a member is dropped in silence, so that the entry is that of the token's
user, and a time in seconds is taken as milliseconds: both as in ClickUp. Its response to a change
is not known; here it is that to a creation. The caller must hold the account's lock.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from .error_codes import ApiError
from .request_body import parse_object
from .time_entries import TimeEntryView

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .access import Access
    from .model import TimeEntry, Workspace

INVALID = "BODY_002"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MAX_MS = 10**14
"""The year 5138: a time in microseconds is refused."""


def _create(access: Access, workspace_id: str, content: bytes) -> dict[str, Any]:
    workspace = access.get_workspace(workspace_id)
    body = parse_object(content, invalid=INVALID)
    if body.get("tid") is None:
        raise ApiError("TIMEENTRY_064")  # recorded on the free plan; others allow it
    task_id = _find_task(access, workspace, body["tid"])
    start_ms = _parse_ms(body, "start")
    end_ms = _parse_end(body, start_ms)
    entry = access.account.add_time_entry(
        task_id,
        start=EPOCH + timedelta(milliseconds=start_ms),
        duration=None if end_ms < start_ms else timedelta(milliseconds=end_ms - start_ms),
        user_id=_choose_user(access, workspace, body),
        description=str(body.get("description", "")),
        billable=bool(body.get("billable")),
        source="api",
    )
    return {"data": TimeEntryView.of(access, workspace).render_created(entry)}


def _update(access: Access, workspace_id: str, entry_id: str, content: bytes) -> dict[str, Any]:
    workspace, entry = _find(access, workspace_id, entry_id)
    body = parse_object(content, invalid=INVALID)
    if ("start" in body) != ("end" in body) or (body.get("tags") and "tag_action" not in body):
        raise ApiError(INVALID)
    changes: dict[str, Any] = {}
    if "start" in body:
        changes = {"start_ms": _parse_ms(body, "start"), "end_ms": _parse_ms(body, "end")}
    elif "duration" in body:
        changes["end_ms"] = entry.start_ms + _parse_ms(body, "duration")
    if "description" in body:
        changes["description"] = str(body["description"])
    if "tid" in body:
        changes["task_id"] = _find_task(access, workspace, body["tid"])
    changed = access.account.update_time_entry(entry_id, **changes)
    return {"data": TimeEntryView.of(access, workspace).render_created(changed)}


def _delete(access: Access, workspace_id: str, entry_id: str, _: bytes) -> dict[str, Any]:
    workspace, entry = _find(access, workspace_id, entry_id)
    body = TimeEntryView.of(access, workspace).render(entry, {})
    body.pop("task_url", None)
    access.account.delete_time_entry(entry_id)
    return {"data": [body]}


WRITES: tuple[tuple[str, str, Callable[..., Any]], ...] = (
    ("POST", r"/team/([^/]+)/time_entries", _create),
    ("PUT", r"/team/([^/]+)/time_entries/(\d+)", _update),
    ("DELETE", r"/team/([^/]+)/time_entries/(\d+)", _delete),
)


def _find(access: Access, workspace_id: str, entry_id: str) -> tuple[Workspace, TimeEntry]:
    """Return an entry that the user may change. Raises ApiError."""
    workspace = access.get_workspace(workspace_id)
    entry = workspace.time_entries.get(entry_id)
    if entry is None:
        raise ApiError("OAUTH_018")
    if entry.task_id:
        access.find_by_task(entry.task_id)
    if not _is_privileged(access) and entry.user_id != access.account.user_id:
        raise ApiError("ROLE_002")
    return workspace, entry


def _find_task(access: Access, workspace: Workspace, task_id: object) -> str:
    """Return the id of a task of the workspace. Raises ApiError."""
    if access.find_by_task(str(task_id)) is not workspace:
        raise ApiError("OAUTH_027")
    return str(task_id)


def _choose_user(access: Access, workspace: Workspace, body: Mapping[str, Any]) -> int:
    """Return the assignee if they are a member, else the token's user. Raises ApiError."""
    own_id = access.account.user_id
    assignee = body.get("assignee")
    if assignee is None or str(assignee) == str(own_id):
        return own_id
    if not _is_privileged(access):
        raise ApiError("ROLE_002")
    return next((user_id for user_id in workspace.members if str(user_id) == str(assignee)), own_id)


def _is_privileged(access: Access) -> bool:
    return access.behaviour.role in {"owner", "admin"}


def _parse_end(body: Mapping[str, Any], start_ms: int) -> int:
    """Return the end; of end and duration the former counts. Before the start: a timer runs."""
    for key in ("end", "stop"):
        if key in body:
            return _parse_ms(body, key)
    return start_ms + _parse_ms(body, "duration")


def _parse_ms(body: Mapping[str, Any], key: str) -> int:
    value = body.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > MAX_MS:
        raise ApiError(INVALID)
    return value
