"""Generate tasks with a history, as tap-clickup and clickup-receiver write them. Pure.

Each task is read twice: when it was new, and as it is now. In between, webhooks report two status
changes on average, none for a fifth of the tasks: half of these were closed before the first
read, so that their past is known from the time in status. A tenth of the tasks moves into the list
of a sprint, another tenth has one as a secondary list.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.join_messages import name_task

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

SPRINT_SHARE = 0.1
PEOPLE = 200
STATUS_TYPES = {
    "to do": "open",
    "in progress": "custom",
    "in review": "custom",
    "shipped": "done",
    "closed": "closed",
}
STATUSES = tuple(STATUS_TYPES)
FINISHED = {"done", "closed"}
PATHS = (
    ("to do",),
    ("to do", "in progress"),
    ("to do", "in progress", "shipped"),
    ("to do", "in progress", "in review", "closed"),
    ("to do", "in progress", "closed", "in progress", "shipped"),
)
"""The statuses of a task; of five tasks in a row each takes another one."""

Record = dict[str, Any]


class Place(NamedTuple):
    """Where a task is, and which of these defines its statuses."""

    workspace_id: str
    list_id: str
    folder_id: str
    space_id: str
    status_scope: str


class Step(NamedTuple):
    """A task in a status, from a time on."""

    at: datetime
    status: str


def iso(time: datetime) -> str:
    """Return a timestamp as the tap writes it."""
    return time.isoformat(timespec="milliseconds")


def user_id(source: random.Random) -> str:
    """Return the id of one of the users."""
    return str(1_000 + source.randrange(PEOPLE))


class TaskHistory:
    """What happened to a task, and what the tap and the receiver read of it."""

    def __init__(
        self, source: random.Random, number: int, created: datetime, *, home: Place, sprint: Place
    ) -> None:
        self._source = source
        self._number = number
        self._names = name_task(number)
        self._creator = user_id(source)
        self._home = home
        self._is_old = number % 10 == 5  # noqa: PLR2004 - closed before it was read for the first time
        self._steps = self._walk(created)
        chance = source.random()
        self._sprint = sprint if chance < SPRINT_SHARE and not self._is_old else None
        self._edited_at = created + timedelta(hours=source.randrange(1, 48))
        first = self._steps[-1 if self._is_old else 0]
        is_secondary = SPRINT_SHARE <= chance < 2 * SPRINT_SHARE
        self.first = self._record(first, first.at, home) | {"points": 1}
        self.present = self._record(
            self._steps[-1], max(self._steps[-1].at, self._edited_at), self._sprint or home
        ) | {
            "points": source.choice((None, 2, 3, 5)),
            "secondary_list_ids": [sprint.list_id] if is_secondary else [],
        }

    def _walk(self, created: datetime) -> list[Step]:
        path = PATHS[self._number % len(PATHS)]
        if self._is_old:
            path = ("to do", "in progress", "closed")
        steps = []
        at = created
        for status in path:
            steps.append(Step(at, status))
            at += timedelta(minutes=self._source.randrange(30, 6_000))
        return steps

    def _record(self, step: Step, updated: datetime, place: Place) -> Record:
        number = self._number
        status_type = STATUS_TYPES[step.status]
        is_subtask = number % 10 == 4  # noqa: PLR2004 - a tenth
        parent = name_task(number - 2).id if is_subtask else None
        return {
            "workspace_id": place.workspace_id,
            "id": self._names.id,
            "custom_id": self._names.custom_id if number // 2 % 2 else None,
            "name": f"Make the export of report {number} independent of the time zone",
            "status": step.status,
            "status_id": f"{place.status_scope}-{STATUSES.index(step.status)}",
            "status_type": status_type,
            "priority": number % 4 + 1,
            "assignee_ids": [self._creator],
            "group_assignee_ids": [],
            "task_type_id": "1001" if number % 5 == 1 else "0",
            "creator_id": self._creator,
            "list_id": place.list_id,
            "folder_id": place.folder_id,
            "space_id": place.space_id,
            "secondary_list_ids": [],
            "parent_id": parent,
            "top_level_parent_id": parent,
            "tags": ["urgent"] if number % 7 == 0 else [],
            "time_estimate_ms": 3_600_000 * (number % 9) or None,
            "date_created": iso(self._steps[0].at),
            "date_updated": iso(updated),
            "date_done": iso(step.at) if status_type in FINISHED else None,
            "date_closed": iso(step.at) if status_type == "closed" else None,
            "archived": False,
            "url": f"https://app.clickup.com/t/{self._names.id}",
            "custom_fields": {"Effort": number % 8, "Channel": "Web"} if number % 2 else {},
        }

    def changes(self) -> Iterator[Record]:
        """Yield the changes that webhooks reported: of the status, and into a sprint."""
        if not self._is_old:
            for number, (old, new) in enumerate(pairwise(self._steps)):
                yield self._change(new.at, number) | {
                    "field": "status",
                    "from_value": old.status,
                    "from_status_type": STATUS_TYPES[old.status],
                    "to_value": new.status,
                    "to_status_type": STATUS_TYPES[new.status],
                }
        if self._sprint:
            yield self._change(self._edited_at, 9) | {
                "field": "list_id",
                "from_value": self._home.list_id,
                "to_value": self._sprint.list_id,
            }

    def _change(self, at: datetime, number: int) -> Record:
        return {
            "workspace_id": self._home.workspace_id,
            "id": f"28{self._number:07}{number}",
            "task_id": self._names.id,
            "list_id": self._home.list_id,
            "changed_at": iso(at),
            "user_id": self._creator,
        }

    def time_in_status(self) -> Iterator[Record]:
        """Yield the statuses of a task that was closed before it was read."""
        if not self._is_old:
            return
        for index, step in enumerate(self._steps):
            yield {
                "workspace_id": self._home.workspace_id,
                "task_id": self._names.id,
                "status": step.status,
                "minutes": 60,
                "since": iso(step.at),
                "is_current": step is self._steps[-1],
                "orderindex": index,
            }

    def time_entries(self) -> Iterator[Record]:
        """Yield the time that people tracked: two entries, some of them without the task."""
        for index in range(2):
            started = self._steps[0].at + timedelta(hours=self._source.randrange(1, 60))
            duration = timedelta(minutes=self._source.randrange(15, 180))
            is_running = self._number % 1_000 == 0 and index == 0
            yield {
                "workspace_id": self._home.workspace_id,
                "id": f"{self._number}{index}",
                "task_id": self._names.id if self._number % 50 else None,
                "space_id": self._home.space_id,
                "user_id": user_id(self._source),
                "started_at": iso(started),
                "ended_at": None if is_running else iso(started + duration),
                "duration_ms": None if is_running else duration // timedelta(milliseconds=1),
                "is_running": is_running,
                "date_updated": iso(started + duration),
            }
