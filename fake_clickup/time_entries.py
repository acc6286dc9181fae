"""Time entries as selected and rendered by `GET /team/{id}/time_entries`.

Its response contains every number as a string; the other time-entry endpoints do not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import users
from .access import find_hidden_lists
from .random_data import DAY_MS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .access import Access
    from .model import TimeEntry, Workspace

DEFAULT_DAYS = 30
TASKLESS: dict[str, dict[str, Any]] = {"null": {"task": None}, "absent": {}, "zero": {"task": "0"}}
MOBILE_GAPS = ("billable", "tags", "source", "task_location")
LOCATIONS = {"space_id": "space_id", "folder_id": "folder_id", "list_id": "id"}


@dataclass(frozen=True, slots=True)
class TimeEntryView:
    """The time entries that a user can see: only their own unless `privileged`."""

    workspace: Workspace
    user_id: int
    privileged: bool
    now_ms: int
    generation: int
    hidden_lists: frozenset[str]
    missing_task_format: str

    @classmethod
    def of(cls, access: Access, workspace: Workspace) -> TimeEntryView:
        """Return what the token's user can see in a workspace."""
        behaviour = access.behaviour
        return cls(
            workspace=workspace,
            user_id=access.account.user_id,
            privileged=behaviour.role in {"owner", "admin"},
            now_ms=round(behaviour.clock() * 1000),
            generation=behaviour.generation,
            hidden_lists=find_hidden_lists(workspace, behaviour),
            missing_task_format=behaviour.missing_task_format,
        )

    def select(self, query: Mapping[str, list[str]]) -> list[dict[str, Any]]:
        """Return all requested entries: this endpoint has no pages.

        The start of an entry must be within the range, both ends included.
        """
        users = self._find_users(query)
        start = number(query, "start_date", default=self.now_ms - DEFAULT_DAYS * DAY_MS)
        end = number(query, "end_date", default=self.now_ms)
        entries = [
            entry
            for entry in self.workspace.time_entries.values()
            if start <= entry.start_ms <= end
            and entry.user_id in users
            and self._matches_location(entry, query)
        ]
        entries.sort(key=lambda entry: (entry.start_ms, entry.id))
        return [self.render(entry, query) for entry in entries]

    def _find_users(self, query: Mapping[str, list[str]]) -> set[int]:
        user_ids = [
            user_id for user_id in query.get("assignee", [""])[-1].split(",") if user_id.isdigit()
        ]
        if not user_ids or not self.privileged:
            return {self.user_id}
        return set(map(int, user_ids))

    def _matches_location(self, entry: TimeEntry, query: Mapping[str, list[str]]) -> bool:
        """Return whether an entry is visible and matches the location filters."""
        requested = {key: query[key][-1] for key in (*LOCATIONS, "task_id") if key in query}
        if entry.task_id is None:
            return not requested
        task = self.workspace.tasks.get(entry.task_id)
        if task is None or task.list_id in self.hidden_lists:
            return False
        if requested.pop("task_id", task.id) != task.id:
            return False
        task_list = self.workspace.lists[task.list_id]
        return all(getattr(task_list, LOCATIONS[key]) == value for key, value in requested.items())

    def render_created(self, entry: TimeEntry) -> dict[str, Any]:
        """Return an entry as the response to its creation: with numbers, but without a place."""
        body = self.render(entry, {})
        for key in ("source", "approval_id", "task_url"):
            body.pop(key, None)
        for key in ("start", "duration", "at"):
            body[key] = int(body[key])
        if task := self.workspace.tasks.get(entry.task_id or ""):
            del body["task"]["custom_type"]
            body["task"]["status"] = users.render_status(self.workspace.status_of(task))
        return {
            **body,
            "user": {**body["user"], "timezone": "Etc/UTC"},
            "task_location": {},
        }

    def render(self, entry: TimeEntry, query: Mapping[str, list[str]]) -> dict[str, Any]:
        """Return an entry as in a list of entries."""
        runs = entry.end_ms is None
        end_ms = self.now_ms if entry.end_ms is None else entry.end_ms
        duration = end_ms - entry.start_ms
        body = {
            "id": entry.id,
            **self._render_task(entry),
            "wid": self.workspace.id,
            "user": users.render_user(self.workspace.users[entry.user_id]),
            "billable": entry.billable,
            "start": str(entry.start_ms),
            **({} if runs else {"end": str(end_ms)}),
            "duration": str(-duration if runs else duration),
            "description": entry.description,
            "tags": [users.render_tag(tag) for tag in entry.tags],
            "source": entry.source,
            "at": str(entry.at_ms),
            "is_locked": False,
            "approval_id": None,
            **self._render_location(entry, named="true" in query.get("include_location_names", [])),
        }
        for key in {2022: ("is_locked", "approval_id"), 2025: ("approval_id",)}.get(
            self.generation, ()
        ):
            del body[key]
        if entry.mobile == "absent":
            return {key: value for key, value in body.items() if key not in MOBILE_GAPS}
        return {**body, **dict.fromkeys(MOBILE_GAPS)} if entry.mobile else body

    def _render_task(self, entry: TimeEntry) -> dict[str, Any]:
        """Return the `task` of an entry; its status has no id here."""
        if entry.task_id is None:
            return TASKLESS[self.missing_task_format]
        task = self.workspace.tasks[entry.task_id]
        status = users.render_status(self.workspace.status_of(task))
        del status["id"]
        custom = {"custom_id": task.custom_id} if task.custom_id else {}
        body = {"id": task.id, **custom, "name": task.name, "status": status, "custom_type": None}
        return {"task": body}

    def _render_location(self, entry: TimeEntry, *, named: bool) -> dict[str, Any]:
        if entry.task_id is None:
            return {"task_location": {}}
        task_list = self.workspace.lists[self.workspace.tasks[entry.task_id].list_id]
        folder = self.workspace.folder_of(task_list)
        place = {"list_id": task_list.id, "folder_id": folder.id, "space_id": task_list.space_id}
        if named:
            space = self.workspace.spaces[task_list.space_id]
            names = {"folder_name": folder.name, "space_name": space.name}
            place |= {"list_name": task_list.name, **names}
        return {
            "task_location": place,
            "task_url": f"https://app.clickup.com/t/{entry.task_id}",
        }


def number(query: Mapping[str, list[str]], key: str, *, default: int) -> int:
    """Return an integer parameter; an invalid one counts as missing."""
    try:
        return int(query[key][-1])
    except (KeyError, ValueError):
        return default
