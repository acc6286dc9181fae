"""The objects that events name, read once each through the tap's client, as the tap's records."""

from __future__ import annotations

import logging
import re
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from tap_clickup import records
from tap_clickup.conversions import parse_timestamp
from tap_clickup.date_slices import date_slices
from tap_clickup.errors import (
    AccessDeniedError,
    ClickUpError,
    UnexpectedResponseError,
    unexpected_shape_error,
)
from tap_clickup.extracted import ExtractedRecord
from tap_clickup.hierarchy import Hierarchy
from tap_clickup.read_scope import ReadScope
from tap_clickup.readers.task_reader import TaskReader
from tap_clickup.readers.time_entry_reader import TimeEntryReader
from tap_clickup.sprints import is_sprint_folder
from tap_clickup.sync import BOOKMARK_OVERLAP
from tap_clickup.sync_report import SyncReport
from tap_clickup.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from clickup_receiver.feed.event_batch import Burst, Place
    from clickup_receiver.feed.message_builder import PushTap
    from clickup_receiver.inbox.events import ObjectType
    from tap_clickup.date_slices import Slice
    from tap_clickup.read_scope import ScopeConditions
    from tap_clickup.readers.time_entry_reader import TimeEntrySlice
    from tap_clickup.records import Json

FEW = 5
"""Up to so many tasks are read one by one; a page of the search holds a hundred."""
WINDOW = timedelta(days=30)
"""Where time entries are looked for whose beginning was not told: the rest is the sweep's."""

UNUSABLE = (UnexpectedResponseError, AttributeError, KeyError, TypeError, ValueError)
"""What an answer raises that is not as documented; another attempt would bring the same."""

logger = logging.getLogger("clickup-receiver")


class Objects:
    """Reads what one burst asks for. `failed` are objects of which ClickUp's answer is unusable.

    What ClickUp refuses is gone or hidden, nobody can tell which: it is left as it is, and the
    sweep decides. A failure that is nobody's object, a lost connection, ends the reading.
    """

    def __init__(self, tap: PushTap, burst: Burst) -> None:
        self.failed: dict[Place, str] = {}
        self._tap = tap
        self._burst = burst
        self._team = {"id": burst.workspace_id}

    def read(self) -> Iterator[tuple[str, Iterable[ExtractedRecord]]]:
        """Yield the names of streams, and what was read of them."""
        yield from self._places()
        tasks = list(self._tasks(self._burst.changed_of("task")))
        yield "tasks", tasks
        if self._burst.timed and self._tap.config["time_tracking"]:
            yield from self._time({reading.record["id"] for reading in tasks})

    def _workspace(self, team: Json) -> Workspace:
        """Return a workspace of its own for this burst; nothing of it has been read yet."""
        report = SyncReport(self._burst.workspace_id)
        hierarchy = Hierarchy(self._tap.sync_context.client, self._burst.workspace_id, report)
        return Workspace(team, datetime.now(UTC), hierarchy, report)

    @contextmanager
    def _guard(self, kind: ObjectType, *object_ids: str) -> Iterator[None]:
        try:
            yield
        except AccessDeniedError as error:
            what = ", ".join(object_ids)
            logger.warning("%s %s was changed and cannot be read: %s", kind, what, error)
        except UNUSABLE as error:
            self.failed |= dict.fromkeys(((kind, one) for one in object_ids), _why(error))

    def _is_selected(self, space_id: str | None) -> bool:
        return self._tap.sync_context.selection.includes_space(space_id)

    def _get(self, kind: ObjectType, object_id: str) -> tuple[Json, datetime]:
        answer = self._tap.sync_context.client.get(f"/{kind}/{object_id}")
        return answer.body, answer.requested_at

    def _tasks(self, dirty: dict[str, str]) -> Iterator[ExtractedRecord]:
        """Yield tasks: many of them by pages, as far as that is cheaper, the rest one by one."""
        if len(dirty) > FEW:
            try:
                yield from self._paged(dirty)
            except (AccessDeniedError, *UNUSABLE) as error:
                logger.warning("%s; the tasks are read one by one", _why(error))
        for task_id in dirty:
            with self._guard("task", task_id):
                item, requested_at = self._get("task", task_id)
                record = records.task(
                    item,
                    workspace_id=self._burst.workspace_id,
                    custom_fields=tuple(self._tap.config["custom_fields"]),
                )
                if self._is_selected(record["space_id"]):
                    yield ExtractedRecord(record, requested_at)

    def _paged(self, dirty: dict[str, str]) -> Iterator[ExtractedRecord]:
        """Yield all tasks updated since the burst; take those from `dirty` that it asks for.

        A task that is found as it was before its event has to be read by itself: ClickUp's index
        may lag.
        """
        pages = TaskReader(
            client=self._tap.sync_context.client,
            workspace=self._workspace(self._team),
            space_ids=tuple(sorted(self._burst.space_ids))
            if self._tap.sync_context.selection.space_ids
            else (),
            custom_fields=tuple(self._tap.config["custom_fields"]),
            start_date=self._burst.since - BOOKMARK_OVERLAP,
            bookmarks={},
            is_sweep=False,
        )
        most = len(dirty) // FEW
        for page in islice(pages.updated_since(pages.start_date), most):
            for record in page.records:
                if (record["date_updated"] or "") >= dirty.get(record["id"], "9"):
                    del dirty[record["id"]]
                yield ExtractedRecord(record, page.requested_at)
            if len(dirty) <= FEW:
                return

    def _places(self) -> Iterator[tuple[str, list[ExtractedRecord]]]:
        """Yield spaces, folders, lists, their statuses, and the sprints among the lists.

        What the name of a sprint tells depends on its neighbours, so its folder is read as a whole.
        """
        workspace = self._workspace(self._team)
        hierarchy = workspace.hierarchy
        space_ids, folder_ids = (list(self._burst.changed_of(kind)) for kind in ("space", "folder"))
        lists = list(self._lists())
        for item, _ in lists:
            folder = item.get("folder") or {}
            if not folder.get("hidden") and self._holds_sprints(folder):
                folder_ids.append(str(folder["id"]))
        for folder_id in dict.fromkeys(folder_ids):
            with self._guard("folder", folder_id):
                item, requested_at = self._get("folder", folder_id)
                if self._is_selected(str(item["space"]["id"])):
                    hierarchy.add_folder(item, requested_at)
                    if self._holds_sprints(item):
                        space_ids.append(str(item["space"]["id"]))
        found = {reading.record["id"] for reading in hierarchy.lists}
        for item, requested_at in lists:
            if str(item["id"]) not in found:
                with self._guard("list", str(item["id"])):
                    hierarchy.add_list(item, requested_at)
        for space_id in filter(self._is_selected, dict.fromkeys(space_ids)):
            with self._guard("space", space_id):
                hierarchy.add_space(*self._get("space", space_id))
        yield "spaces", hierarchy.spaces
        yield "folders", hierarchy.folders
        yield "lists", hierarchy.lists
        yield "statuses", hierarchy.statuses
        yield "sprints", self._tap.sprints_of(workspace)

    def _lists(self) -> Iterator[tuple[Json, datetime]]:
        for list_id in self._burst.changed_of("list"):
            with self._guard("list", list_id):
                item, requested_at = self._get("list", list_id)
                if self._is_selected(str(item["space"]["id"])):
                    yield item, requested_at

    def _holds_sprints(self, folder: Json) -> bool:
        pattern = re.compile(self._tap.config["sprint_folder_pattern"])
        return bool(self._tap.config["sprints"]) and is_sprint_folder(
            folder.get("name") or "", pattern
        )

    def _time(self, task_ids: set[str]) -> Iterator[tuple[str, list[ExtractedRecord]]]:
        """Yield the time entries of tasks, and that these are all; of many tasks those of all."""
        teams = {workspace.id: workspace.payload for workspace in self._tap.sync_context.workspaces}
        if not (team := teams.get(self._burst.workspace_id)):
            logger.warning("workspace %s is no longer visible", self._burst.workspace_id)
            return
        workspace = self._workspace(team)
        workspace.synced_task_ids.update(task_ids)
        timed = self._burst.timed
        if len(timed) > FEW:
            with self._guard("task", *timed):
                starts = set().union(*timed.values())
                yield "time_entries", self._slices(workspace, None, starts)
        else:
            for task_id, began in timed.items():
                with self._guard("task", task_id):
                    yield "time_entries", self._slices(workspace, task_id, began)
        yield "completed_reads", workspace.completed_reads

    def _slices(
        self, workspace: Workspace, task_id: str | None, starts: Iterable[str]
    ) -> list[ExtractedRecord]:
        user_ids = sorted({self._tap.sync_context.client.user_id, *workspace.members})
        space_ids = self._tap.sync_context.selection.space_ids or None
        reader = TimeEntryReader(
            self._tap.sync_context.client, workspace, user_ids, space_ids, task_id=task_id
        )
        found = []
        for part in _parts(starts):
            each = reader.read(part)
            found += [ExtractedRecord(record, each.requested_at) for record in each.records]
            self._completed(workspace, each, task_id, others=reader.others_confirmed_visible)
        return found

    def _completed(
        self, workspace: Workspace, each: TimeEntrySlice, task_id: str | None, *, others: bool
    ) -> None:
        """Tell which entries of a slice there are."""
        conditions: ScopeConditions = {
            "started_at": {"from": _text(each.slice.start), "before": _text(each.slice.end)},
            "user_id": {"in": each.user_ids if others else [self._tap.sync_context.client.user_id]},
        }
        if task_id:
            conditions["task_id"] = {"in": [task_id]}
        if self._tap.sync_context.selection.space_ids:
            conditions["space_id"] = {"in": sorted(self._tap.sync_context.selection.space_ids)}
        name = f"{each.slice.name} {task_id}" if task_id else each.slice.name
        scope = ReadScope("time_entries", each.requested_at, conditions, name=name)
        workspace.add_completed_read(scope, [(record["id"],) for record in each.records])


def _why(error: Exception) -> str:
    """Return what is wrong with an answer, without anything of it."""
    if isinstance(error, ClickUpError):
        return str(error)
    return str(unexpected_shape_error(error))


def _parts(starts: Iterable[str]) -> list[Slice]:
    """Return the slices of the last days, and those in which entries began."""
    now = datetime.now(UTC)
    parts = list(date_slices(now - WINDOW, now))
    for start in starts:
        if parse_timestamp(start) < parts[0].start:
            at = parse_timestamp(start)
            parts += [part for part in date_slices(at, at) if part not in parts]
    return parts


def _text(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")
