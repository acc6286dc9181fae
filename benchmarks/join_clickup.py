"""Generate two workspaces with their tasks, as tap-clickup and clickup-receiver write them."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from benchmarks.join_tasks import PEOPLE, STATUS_TYPES, Place, TaskHistory, iso

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.join_tasks import Record
    from benchmarks.singer_file import SingerFile

SEED = 17
WORKSPACES = ("900", "901")
FIRST = datetime(2025, 7, 7, 9, tzinfo=UTC)
"""A Monday."""
DAYS = 220
"""Tasks are created over this many days."""
READ_AT = datetime(2026, 3, 6, tzinfo=UTC)
"""When the hierarchy was read, after everything has happened."""
SPACES, FOLDERS, LISTS = 10, 100, 1_000
"""In each workspace, at full scale."""
SPRINT_DAYS = 14
SPRINT_TEAMS = 6
SERVICE_USER = "999"
KEYS = {
    "workspaces": ["id"],
    "statuses": ["workspace_id", "scope_type", "scope_id", "status"],
    "completed_reads": ["workspace_id", "stream", "scope"],
    "time_in_status": ["workspace_id", "task_id", "status"],
    "sync_runs": ["workspace_id", "source", "started_at"],
}
"""Keys other than workspace and id."""
REPLICATION_KEYS = {"tasks": "date_updated", "time_entries": "date_updated"}


class ClickUpGenerator:
    """Generates the records of all streams for a number of tasks."""

    def __init__(self, tasks: int) -> None:
        self._source = random.Random(SEED)  # noqa: S311 - made-up data
        self._tasks = tasks
        self._lists = max(2, LISTS * tasks // 100_000)
        self._folders = max(2, self._lists * FOLDERS // LISTS)
        self._teams = max(1, SPRINT_TEAMS * tasks // 100_000)

    def write(self, messages: SingerFile) -> None:
        """Write all streams, in the order in which the tap and the receiver would have."""
        for stream, records in {
            "workspaces": self._workspaces(),
            "users": self._users(),
            "spaces": self._spaces(),
            "folders": self._folder_records(),
            "lists": self._list_records(),
            "statuses": self._statuses(),
            "task_types": self._task_types(),
            "groups": self._groups(),
            "sprints": self._sprints(),
            "webhooks": self._webhooks(),
            "completed_reads": self._completed_reads(),
            "sync_runs": self._sync_runs(),
        }.items():
            _write_schema(messages, stream)
            for record in records:
                messages.write_record(stream, record, read_at=iso(READ_AT))
        for stream in ("tasks", "task_changes", "time_in_status", "time_entries"):
            _write_schema(messages, stream)
        histories = [self._history(number) for number in range(self._tasks)]
        for history in histories:
            _write_task(messages, history.first)
        for history in histories:
            for change in history.changes():
                messages.write_record("task_changes", change, read_at=change["changed_at"])
        for history in histories:
            _write_task(messages, history.present)
            for row in history.time_in_status():
                messages.write_record("time_in_status", row, read_at=iso(READ_AT))
            for entry in history.time_entries():
                messages.write_record("time_entries", entry, read_at=iso(READ_AT))
        messages.write_state({"bookmarks": {"tasks": {"replication_key": "date_updated"}}})

    def _history(self, number: int) -> TaskHistory:
        """Return the history of a task; all are created at even distances."""
        day = DAYS * number // self._tasks
        created = FIRST + timedelta(days=day, seconds=self._source.randrange(8 * 3600))
        sprint = day // SPRINT_DAYS * self._teams + number // 2 % self._teams
        return TaskHistory(
            self._source,
            number,
            created,
            home=self._place(number),
            sprint=_sprint_place(WORKSPACES[number % 2], sprint),
        )

    def _place(self, number: int) -> Place:
        """Return the list of the task of a number, with what it is in."""
        workspace = WORKSPACES[number % 2]
        index = number // 2 % self._lists
        folder_index = index % self._folders
        task_list, folder = f"{workspace}3{index}", f"{workspace}2{folder_index}"
        space = _space(workspace, folder_index)
        scope = folder if folder_index % 5 == 1 else space
        return Place(workspace, task_list, folder, space, task_list if index % 10 == 1 else scope)

    def _workspaces(self) -> Iterator[Record]:
        for workspace in WORKSPACES:
            yield {"id": workspace, "name": f"Workspace {workspace}"}

    def _users(self) -> Iterator[Record]:
        for workspace in WORKSPACES:
            for number in range(PEOPLE):
                yield {
                    "workspace_id": workspace,
                    "id": str(1_000 + number),
                    "username": f"User {number}",
                    "email": f"user{number}@example.com",
                    "role": 3,
                    "is_member": number % 40 > 0,
                    "is_service_user": False,
                }
            service = {"id": SERVICE_USER, "username": "Service", "email": "service@example.com"}
            yield {"workspace_id": workspace, **service, "is_member": True, "is_service_user": True}

    def _spaces(self) -> Iterator[Record]:
        for workspace in WORKSPACES:
            for number in range(SPACES):
                space = {"workspace_id": workspace, "id": _space(workspace, number)}
                yield {**space, "name": f"Space {number}", "archived": False}

    def _folder_records(self) -> Iterator[Record]:
        for workspace in WORKSPACES:
            for number in range(self._folders):
                yield {
                    "workspace_id": workspace,
                    "id": f"{workspace}2{number}",
                    "name": f"Folder {number}",
                    "space_id": _space(workspace, number),
                    "archived": False,
                    "override_statuses": number % 5 == 1,
                }

    def _list_records(self) -> Iterator[Record]:
        for number in range(self._lists * 2):
            place = self._place(number)
            yield {
                "workspace_id": place.workspace_id,
                "id": place.list_id,
                "name": f"List {number}",
                "space_id": place.space_id,
                "folder_id": place.folder_id,
                "archived": False,
                "override_statuses": place.status_scope == place.list_id,
            }
        for sprint in self._sprints():
            names = ("workspace_id", "id", "name", "space_id", "folder_id", "archived")
            yield {name: sprint[name] for name in names} | {"override_statuses": False}

    def _statuses(self) -> Iterator[Record]:
        scopes = [("space", space) for space in self._spaces()]
        scopes += [("folder", row) for row in self._folder_records() if row["override_statuses"]]
        scopes += [("list", row) for row in self._list_records() if row["override_statuses"]]
        for scope_type, row in scopes:
            for index, (status, status_type) in enumerate(STATUS_TYPES.items()):
                yield {
                    "workspace_id": row["workspace_id"],
                    "scope_type": scope_type,
                    "scope_id": row["id"],
                    "status": status,
                    "status_id": f"{row['id']}-{index}",
                    "status_type": status_type,
                    "orderindex": index,
                }

    def _task_types(self) -> Iterator[Record]:
        for workspace in WORKSPACES:
            yield {"workspace_id": workspace, "id": "1001", "name": "Bug"}

    def _groups(self) -> Iterator[Record]:
        for workspace in WORKSPACES:
            members = [str(1_000 + number) for number in range(5)]
            yield {"workspace_id": workspace, "id": "g1", "name": "Core", "member_ids": members}

    def _sprints(self) -> Iterator[Record]:
        for workspace in WORKSPACES:
            for number in range((DAYS // SPRINT_DAYS + 1) * self._teams):
                start = FIRST + timedelta(days=number // self._teams * SPRINT_DAYS)
                place = _sprint_place(workspace, number)
                yield {
                    "workspace_id": workspace,
                    "id": place.list_id,
                    "name": f"Sprint {number}",
                    "space_id": place.space_id,
                    "folder_id": place.folder_id,
                    "start_date": iso(start),
                    "end_date": iso(start + timedelta(days=SPRINT_DAYS - 1)),
                    "dates_inferred": number % 2 == 1,
                    "archived": False,
                }

    def _webhooks(self) -> Iterator[Record]:
        for workspace in WORKSPACES:
            webhook = {"workspace_id": workspace, "id": f"w{workspace}", "events": ["*"]}
            yield {**webhook, "user_id": SERVICE_USER, "health_status": "active", "fail_count": 0}

    def _completed_reads(self) -> Iterator[Record]:
        for workspace in WORKSPACES:
            spaces = [_space(workspace, number) for number in range(SPACES)]
            yield {
                "workspace_id": workspace,
                "stream": "spaces",
                "scope": "all",
                "started_at": iso(READ_AT),
                "finished_at": iso(READ_AT),
                "conditions": {"workspace_id": {"in": [workspace]}, "id": {"in": spaces}},
                "key_properties": ["id"],
                "count": len(spaces),
                "keys": [[space] for space in spaces],
            }

    def _sync_runs(self) -> Iterator[Record]:
        for workspace in WORKSPACES:
            for number in range(96):
                started = READ_AT - timedelta(minutes=15 * number)
                is_sweep = number % 48 == 0
                yield {
                    "workspace_id": workspace,
                    "source": "tap-clickup-sweep" if is_sweep else "tap-clickup",
                    "started_at": iso(started),
                    "finished_at": iso(started + timedelta(minutes=2)),
                    "complete": True,
                    "refused": [],
                    "live_tasks": self._tasks // 2 if is_sweep else None,
                }


def _space(workspace: str, folder: int) -> str:
    return f"{workspace}1{folder % SPACES}"


def _sprint_place(workspace: str, number: int) -> Place:
    space = _space(workspace, 0)
    return Place(workspace, f"{workspace}4{number}", f"{workspace}20", space, space)


def _write_task(messages: SingerFile, task: Record) -> None:
    messages.write_record("tasks", task, read_at=task["date_updated"])


def _write_schema(messages: SingerFile, stream: str) -> None:
    key = KEYS.get(stream, ["workspace_id", "id"])
    messages.write_schema(
        stream, _read_schema(stream), key, replication_key=REPLICATION_KEYS.get(stream)
    )


@cache
def _read_schema(stream: str) -> dict[str, Any]:
    text = files("tap_clickup.schemas").joinpath(f"{stream}.json").read_bytes()
    schema: dict[str, Any] = json.loads(text)
    return schema
