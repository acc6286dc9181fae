"""Read the objects of an event batch from ClickUp, each once, as the tap's records."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from typing import TYPE_CHECKING

from clickup_receiver.feed.task_reading import MAX_SINGLE_READS, TaskChange, TaskReading
from clickup_receiver.feed.time_entries import read_time_entries
from tap_clickup import records
from tap_clickup.conversions import parse_timestamp
from tap_clickup.errors import (
    UNEXPECTED_SHAPE_ERRORS,
    AccessDeniedError,
    BadRequestError,
    ClickUpError,
    UnexpectedResponseError,
    unexpected_shape_error,
)
from tap_clickup.fields import Fields
from tap_clickup.hierarchy import Hierarchy
from tap_clickup.readers.single_task import check_workspace, read_single_task
from tap_clickup.readers.task_reader import TaskReader
from tap_clickup.sprint_records import SprintSettings, sprint_records
from tap_clickup.sync import BOOKMARK_OVERLAP
from tap_clickup.sync_report import SyncReport
from tap_clickup.urls import api_path
from tap_clickup.webhook_coverage import WebhookCoverage
from tap_clickup.wording import format_ids
from tap_clickup.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from clickup_receiver.feed.event_batch import EventBatch, ObjectKey
    from clickup_receiver.inbox.events import ObjectType
    from tap_clickup.client import ApiResponse
    from tap_clickup.extracted import ExtractedRecord
    from tap_clickup.fields import Json
    from tap_clickup.sync import SyncContext

UNEXPECTED_RESPONSE_ERRORS = (UnexpectedResponseError, *UNEXPECTED_SHAPE_ERRORS)
"""Raised by a response that is not as documented; a retry would return the same one."""

logger = logging.getLogger("clickup-receiver")


@dataclass(frozen=True)
class StreamRecords:
    """Records of the stream `name`."""

    name: str
    records: list[ExtractedRecord]


@dataclass(frozen=True)
class ObjectRecords:
    """The records of a batch in the order in which they are emitted; a stream may come repeatedly.

    `deleted` are the objects that were reported as deleted and cannot be read any longer, and when.
    `failed` are the objects for which ClickUp's response is not usable, with the reason.
    `deferred` are objects that further pages of `reading` will contain.
    """

    streams: list[StreamRecords]
    deleted: dict[ObjectKey, datetime]
    failed: dict[ObjectKey, str]
    deferred: Collection[ObjectKey]
    reading: TaskReading | None


class ObjectReader:
    """Reads the objects of one batch.

    An object to which ClickUp denies access is deleted or hidden, which cannot be distinguished:
    it is left as it is until the sweep, unless an event reports it as deleted. Such an event alone
    is not enough: it has no timestamp, so a copy could be sent again after the object was restored.
    A failure that is not about one object, such as a lost connection, is raised.

    `reading` is that of earlier batches, if they have loaded all of its records. `pending_count` is
    how many events are waiting, those of the batch included.
    """

    def __init__(
        self,
        sync_context: SyncContext,
        batch: EventBatch,
        *,
        reading: TaskReading | None = None,
        pending_count: int = 0,
    ) -> None:
        self._sync_context = sync_context
        self._batch = batch
        self._reading = reading
        self._pending_count = pending_count
        self._client = sync_context.client
        self._selection = sync_context.selection
        self._custom_fields = tuple(sync_context.config["custom_fields"])
        self._sprint_settings = SprintSettings.from_config(sync_context.config)
        self._report = SyncReport(batch.workspace_id)
        self._hierarchy = self._new_workspace().hierarchy
        self._folders: dict[str, ApiResponse | None] = {}
        self._failed: dict[ObjectKey, str] = {}
        self._deferred: set[str] = set()

    def read(self) -> ObjectRecords:
        """Return the records of all objects. Raises `ClickUpError` if ClickUp is not available."""
        deleted = self._confirm_deletions()
        streams = self._read_hierarchy_objects()
        tasks = self._read_tasks()
        streams.append(StreamRecords("tasks", tasks))
        if self._sync_context.config["time_tracking"]:
            known = self._reading.versions.keys() if self._reading else set()
            streams += self._read_time_entries({task.record["id"] for task in tasks} | known)
        self._report.log_odd_objects()
        deferred: list[ObjectKey] = [("task", task_id) for task_id in self._deferred]
        return ObjectRecords(streams, deleted, self._failed, deferred, self._reading)

    def _new_workspace(self, payload: Json | None = None) -> Workspace:
        """Return a workspace for this batch only, without a walked hierarchy."""
        workspace_id = self._batch.workspace_id
        hierarchy = Hierarchy(self._client, workspace_id, self._report)
        payload = payload or {"id": workspace_id}
        webhooks = WebhookCoverage(self._client, workspace_id, self._report)
        return Workspace(payload, datetime.now(UTC), hierarchy, self._report, webhooks)

    @contextmanager
    def _capture_errors(self, object_type: ObjectType, *object_ids: str) -> Iterator[None]:
        """Log an object that is denied; record one whose response is unexpected as failed."""
        try:
            yield
        except AccessDeniedError as error:
            objects = format_ids(object_type, object_ids)
            logger.warning("%s changed and cannot be read: %s", objects, error)
        except UNEXPECTED_RESPONSE_ERRORS as error:
            keys = [(object_type, object_id) for object_id in object_ids]
            self._failed |= dict.fromkeys(keys, _error_summary(error))

    def _get(self, object_type: ObjectType, object_id: str) -> ApiResponse:
        return self._client.get(api_path(object_type, object_id))

    def _confirm_deletions(self) -> dict[ObjectKey, datetime]:
        """Return the objects that are deleted; those that can be read are changed objects instead.

        Each costs a request.
        """
        deleted = {}
        for key, deleted_at in self._batch.deleted.items():
            with self._capture_errors(*key):
                if self._exists(*key):
                    logger.warning("%s %s was reported as deleted, but exists", *key)
                    self._batch.changed.setdefault(key, "")
                    self._batch.untimed[key] = deleted_at
                else:
                    self._batch.changed.pop(key, None)
                    deleted[key] = deleted_at
                    if self._reading:
                        self._reading.versions.pop(key[1], None)
        return deleted

    def _exists(self, object_type: ObjectType, object_id: str) -> bool:
        """Return whether an object can be read, and a task belongs to the webhook's workspace.

        Lists and folders have a property `deleted` in ClickUp's responses.
        """
        try:
            response = self._get(object_type, object_id)
            if object_type == "task":
                check_workspace(response.body, self._batch.workspace_id)
        except (AccessDeniedError, BadRequestError):
            return False
        return response.body.get("deleted") is not True

    def _read_hierarchy_objects(self) -> list[StreamRecords]:
        """Read spaces, folders and lists, their statuses, and the sprints among the lists.

        The dates in the name of a sprint depend on the lists around it, so its folder is read too.
        """
        lists = self._read_lists()
        sprint_space_ids = self._read_folders(lists)
        self._add_lists(lists)
        self._read_spaces([*self._batch.changed_objects("space"), *sprint_space_ids])
        hierarchy = self._hierarchy
        today = datetime.now(UTC).date()
        sprints = sprint_records(hierarchy, self._sprint_settings, today=today)
        return [
            StreamRecords("spaces", hierarchy.spaces),
            StreamRecords("folders", hierarchy.folders),
            StreamRecords("lists", hierarchy.lists),
            StreamRecords("statuses", hierarchy.statuses),
            StreamRecords("sprints", sprints),
        ]

    def _read_lists(self) -> list[ApiResponse]:
        """Return the responses for the changed lists in selected spaces."""
        responses = []
        for list_id in self._batch.changed_objects("list"):
            with self._capture_errors("list", list_id):
                response = self._get("list", list_id)
                is_selected = self._selection.includes_space(_space_id(response))
                if Fields(response.body).required_id and is_selected:
                    responses.append(response)
        return responses

    def _read_folders(self, lists: Sequence[ApiResponse]) -> list[str]:
        """Read the changed folders, and the sprint folders of the lists, with the lists in them.

        Return the ids of the spaces of sprint folders: a space determines whether the Sprints
        ClickApp is on.
        """
        changed = self._batch.changed_objects("folder")
        of_lists = [records.folder_id(response.body) for response in lists]
        paths = [self._sprint_path(folder_id) for folder_id in (*changed, *filter(None, of_lists))]
        for folder_id in dict.fromkeys([*changed, *chain.from_iterable(paths)]):
            if folder := self._fetch_folder(folder_id):
                with self._capture_errors("folder", folder_id):
                    self._hierarchy.add_folder(folder.body, folder.requested_at)
        sprint_folder_ids = {path[-1] for path in paths if path}
        folders = [row.record for row in self._hierarchy.folders]
        return [folder["space_id"] for folder in folders if folder["id"] in sprint_folder_ids]

    def _sprint_path(self, folder_id: str) -> list[str]:
        """Return the folder and those that it is in, up to a sprint folder; empty without one."""
        path: list[str] = []
        next_id: str | None = folder_id
        while self._sprint_settings.enabled and next_id and next_id not in path:
            path.append(next_id)
            folder = self._fetch_folder(next_id)
            fields = Fields(folder.body if folder else {})
            if self._sprint_settings.is_sprint_folder(fields.text("name")):
                return path
            next_id = records.parent_folder_id(fields)
        return []

    def _fetch_folder(self, folder_id: str) -> ApiResponse | None:
        """Return a folder, requested once; None if it is denied or not in a selected space."""
        if folder_id not in self._folders:
            self._folders[folder_id] = None
            with self._capture_errors("folder", folder_id):
                response = self._get("folder", folder_id)
                if self._selection.includes_space(_space_id(response)):
                    self._folders[folder_id] = response
        return self._folders[folder_id]

    def _add_lists(self, lists: Iterable[ApiResponse]) -> None:
        """Add the lists that were not read with their folder."""
        known = {row.record["id"] for row in self._hierarchy.lists}
        for response in lists:
            list_id = Fields(response.body).id
            if list_id and list_id not in known:
                with self._capture_errors("list", list_id):
                    self._hierarchy.add_list(response.body, response.requested_at)

    def _read_spaces(self, space_ids: Iterable[str]) -> None:
        for space_id in filter(self._selection.includes_space, dict.fromkeys(space_ids)):
            with self._capture_errors("space", space_id):
                response = self._get("space", space_id)
                self._hierarchy.add_space(response.body, response.requested_at)

    def _read_tasks(self) -> list[ExtractedRecord]:
        """Read the changed tasks: by pages while that needs fewer requests, then individually.

        Tasks that further pages may contain are deferred.
        """
        missing = self._task_changes()
        if self._reading:
            missing = self._reading.missing(missing)
        tasks: list[ExtractedRecord] = []
        while len(missing) > MAX_SINGLE_READS:
            reading = self._reading_of(missing)
            is_new = reading is not self._reading
            self._reading = reading
            tasks += self._read_pages(reading, missing)
            missing = reading.missing(missing)
            if len(missing) > MAX_SINGLE_READS and reading.has_more:
                self._deferred.update(missing)
                return tasks
            if is_new or not reading.is_finished:
                break
        return [*tasks, *self._read_single_tasks(missing)]

    def _task_changes(self) -> dict[str, TaskChange]:
        """Return the latest change of each task."""
        return {
            task_id: TaskChange(changed_at, self._batch.untimed.get(("task", task_id)))
            for task_id, changed_at in self._batch.changed_objects("task").items()
        }

    def _reading_of(self, missing: Mapping[str, TaskChange]) -> TaskReading:
        """Return the reading of earlier batches if it can go on to the changes, or a new one."""
        earliest = min(map(_occurred_at, missing.values()))
        former = self._reading
        if former and not former.is_finished and earliest >= former.start:
            return former
        reader = TaskReader(
            client=self._client,
            workspace=self._new_workspace(),
            space_ids=tuple(sorted(self._batch.space_ids)) if self._selection.space_ids else (),
            custom_fields=self._custom_fields,
            start_date=earliest - BOOKMARK_OVERLAP,
            bookmarks={},
            is_sweep=False,
        )
        start = reader.start_date
        return TaskReading(start, reader.updated_since(start), former.versions if former else {})

    def _read_pages(
        self, reading: TaskReading, missing: Mapping[str, TaskChange]
    ) -> list[ExtractedRecord]:
        """Return the tasks of further pages, as many as pay for the events that are waiting."""
        events = max(reading.loaded_events + self._pending_count, len(missing))
        reading.max_pages = events // MAX_SINGLE_READS
        tasks: list[ExtractedRecord] = []
        try:
            tasks += reading.read(missing)
        except (AccessDeniedError, *UNEXPECTED_RESPONSE_ERRORS) as error:
            logger.warning("%s; reading the tasks individually", _error_summary(error))
        return tasks

    def _read_single_tasks(self, task_ids: Iterable[str]) -> list[ExtractedRecord]:
        tasks = []
        for task_id in task_ids:
            with self._capture_errors("task", task_id):
                task = read_single_task(
                    self._client, task_id, report=self._report, custom_fields=self._custom_fields
                )
                if self._selection.includes_space(task.record["space_id"]):
                    tasks.append(task)
                    if self._reading:
                        self._reading.keep(task)
        return tasks

    def _read_time_entries(self, task_ids: set[str]) -> list[StreamRecords]:
        """Read the time entries of tasks, or of all tasks if many changed, and the completed reads.

        `task_ids` are the tasks that were read, also for earlier batches: all in selected spaces.
        """
        starts_by_task = {
            task_id: starts
            for task_id, starts in self._batch.tasks_with_time_changes.items()
            if task_id not in self._deferred
        }
        if not starts_by_task:
            return []
        payloads = {visible.id: visible.payload for visible in self._sync_context.workspaces}
        if not (payload := payloads.get(self._batch.workspace_id)):
            logger.warning("workspace %s is no longer visible", self._batch.workspace_id)
            return []
        workspace = self._new_workspace(payload)
        workspace.synced_task_ids.update(task_ids)
        spaces = self._selection.spaces
        entries: list[ExtractedRecord] = []
        if len(starts_by_task) > MAX_SINGLE_READS:
            with self._capture_errors("task", *starts_by_task):
                starts = set().union(*starts_by_task.values())
                entries += read_time_entries(self._client, workspace, spaces, None, starts)
        else:
            for task_id, starts in starts_by_task.items():
                with self._capture_errors("task", task_id):
                    entries += read_time_entries(self._client, workspace, spaces, task_id, starts)
        return [
            StreamRecords("time_entries", entries),
            StreamRecords(
                "completed_reads", [read.extract() for read in workspace.completed_reads]
            ),
        ]


def _space_id(response: ApiResponse) -> str:
    """Return the id of an object's space. Raises `OddFieldError` if it cannot be read."""
    return Fields(response.body).object("space").required_id


def _occurred_at(change: TaskChange) -> datetime:
    """Return when a task changed; of an unknown change when it was reported."""
    if change.changed_at:
        return parse_timestamp(change.changed_at)
    return change.untimed_at or datetime.now(UTC)


def _error_summary(error: Exception) -> str:
    """Return the reason without any of the response's content."""
    if isinstance(error, ClickUpError):
        return str(error)
    return str(unexpected_shape_error(error))
