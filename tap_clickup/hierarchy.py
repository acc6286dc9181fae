"""Walks the spaces, folders, lists and statuses of a workspace, once per run for all streams.

Each endpoint returns either live or archived objects, so both are requested. The response with the
folders of a space also contains their live lists. This takes four requests per space, and one for
each list without folder that has its own statuses, because only its own response contains them.

Archived lists in live folders are in none of these responses. A walk that includes them requests
them folder by folder. It is made if it is required, or if the lists differ from those of the
previous walk or in which of them are archived: a list that was archived is then missing.
https://developer.clickup.com/reference/getfolders
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import RLock
from typing import TYPE_CHECKING, Any

from tap_clickup import records
from tap_clickup.errors import ClickUpError, OddFieldError, UnexpectedResponseError
from tap_clickup.extracted import ExtractedRecord
from tap_clickup.fields import Fields
from tap_clickup.sync_report import MIN_CHANGED_FORMAT

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from contextlib import AbstractContextManager

    from tap_clickup.client import Client
    from tap_clickup.fields import Json
    from tap_clickup.sync_report import ReadFailure, SyncReport

LIVE_AND_ARCHIVED = ("false", "true")


@dataclass(frozen=True)
class ListLocation:
    """Where a list is, and whether that place is archived."""

    space_id: str
    folder_id: str | None
    archived: bool


@dataclass
class Hierarchy:
    """The spaces, folders, lists and statuses of one workspace.

    `load_spaces` reads the selected spaces, all if `space_ids` is empty; `walk` reads what they
    contain. Both report and leave out what ClickUp denies, and do nothing when called again.

    `archived_list_ids` are the lists whose tasks no search over the workspace returns: archived
    lists, and lists in an archived folder or space. `previous_lists_digest` is the `lists_digest`
    of the previous walk.
    """

    client: Client
    workspace_id: str
    report: SyncReport
    space_ids: Collection[str] = ()
    previous_lists_digest: str | None = None
    include_archived_lists: bool = False
    failures: list[ReadFailure] = field(default_factory=list)
    """What the walk did not read because ClickUp denied it or failed."""
    spaces: list[ExtractedRecord] = field(default_factory=list)
    folders: list[ExtractedRecord] = field(default_factory=list)
    lists: list[ExtractedRecord] = field(default_factory=list)
    statuses: list[ExtractedRecord] = field(default_factory=list)
    archived_list_ids: list[str] = field(default_factory=list)
    orderindexes: dict[str, int] = field(default_factory=dict)
    """The position of each list among its neighbours, by list id."""
    lists_digest: str = ""
    """Changes if other lists are found, or others of them are in archived places."""
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    spaces_complete: bool = False
    unread_status_scopes: set[str] = field(default_factory=set)
    """Ids of spaces, folders and lists that have a status which could not be read."""
    _space_payloads: list[tuple[Fields, datetime]] | None = None
    _folder_locations: list[ListLocation] = field(default_factory=list)
    _seen: set[tuple[str, str]] = field(default_factory=set)
    _walked: bool = False
    _lock: RLock = field(default_factory=RLock)

    @property
    def complete(self) -> bool:
        """Whether the walk has read everything it requested."""
        return self._walked and not self.failures

    @property
    def has_retryable_failures(self) -> bool:
        """Whether another walk may find more: ClickUp will deny again what it has denied."""
        return not self._walked or any(failure.retryable for failure in self.failures)

    @property
    def space_ids_found(self) -> list[str]:
        """Ids of the selected spaces, live and archived. Requests them if they are not loaded."""
        self.load_spaces()
        return [space.record["id"] for space in self.spaces]

    @property
    def archived_lists_digest(self) -> str:
        """Changes if other lists are in archived places."""
        return digest(self.archived_list_ids)

    @property
    def approximate_task_count(self) -> int | None:
        """Sum of ClickUp's own counts of the live lists, None if it returned none."""
        archived = set(self.archived_list_ids)
        live_lists = [row.record for row in self.lists if row.record["id"] not in archived]
        counts = [row["task_count"] for row in live_lists if row["task_count"] is not None]
        return sum(counts) if counts else None

    def require_archived_lists(self) -> None:
        """Make the walk include the archived lists. Call it before the walk."""
        self.include_archived_lists = True

    def load_spaces(self) -> None:
        """Read the spaces."""
        with self._lock:
            if self._space_payloads is None:
                self._load_spaces()

    def _load_spaces(self) -> None:
        self._space_payloads = []
        for archived in LIVE_AND_ARCHIVED:
            path = f"/team/{self.workspace_id}/space"
            for space, requested_at in self._fetch(path, "spaces", archived):
                if not self.space_ids or space.id in self.space_ids:
                    with self._guard("spaces", space):
                        self._add_space(space, requested_at)
                        self._space_payloads.append((space, requested_at))
        self.spaces_complete = not self.failures

    def _capture_errors(self, subject: str) -> AbstractContextManager[None]:
        return self.report.capture_errors(subject, on_failure=self.failures.append)

    def _guard(self, stream: str, item: Any, *, place: str = "") -> AbstractContextManager[Fields]:
        return self.report.guard(stream, item, place=place, on_failure=self.failures.append)

    def walk(self) -> None:
        """Read the folders, lists and statuses; a concurrent caller waits for the first one."""
        with self._lock:
            if not self._walked:
                self._walk()
                self._walked = True

    def _walk(self) -> None:
        self.load_spaces()
        for space, requested_at in self._space_payloads or ():
            with self._capture_errors(f"space {space.id}"), self._guard("spaces", space):
                self._collect_space(space, requested_at)
        archived = set(self.archived_list_ids)
        list_ids = [row.record["id"] for row in self.lists]
        self.lists_digest = digest(f"{list_id} {list_id in archived}" for list_id in list_ids)
        if self.lists_digest != self.previous_lists_digest:
            self.include_archived_lists = True
        if self.include_archived_lists:
            self._collect_archived_lists()

    def _fetch(self, path: str, key: str, archived: str) -> Iterator[tuple[Fields, datetime]]:
        """Yield the objects of a response that were not read before; report a failure."""
        try:
            response = self.client.get(path, [("archived", archived)], required_key=key)
            items = response.body[key]
            if len(items) >= MIN_CHANGED_FORMAT and not any(Fields(item).id for item in items):
                raise UnexpectedResponseError(f"GET {path}: no object has a readable id")
        except ClickUpError as error:
            failure = self.report.record_failure(f"{key} (archived={archived})", error)
            self.failures.append(failure)
            return
        defaults = {"archived": archived == "true"}
        for item in items:
            with self._guard(key, Fields(item, defaults=defaults), place=f"GET {path}") as fields:
                if (key, fields.required_id) not in self._seen:
                    self._seen.add((key, fields.required_id))
                    yield fields, response.requested_at

    def add_space(self, payload: Json, requested_at: datetime) -> None:
        """Add a space that was read individually, and its statuses."""
        with self.report.name_odd_fields("spaces", payload, name="") as space:
            self._add_space(space, requested_at)
            self._add_statuses(space, requested_at, scope=("space", space.required_id))

    def add_folder(self, payload: Json, requested_at: datetime) -> None:
        """Add a folder that was read individually, its live lists and its statuses."""
        with self.report.name_odd_fields("folders", payload, name="") as folder:
            space = ListLocation(folder.object("space").required_id, None, archived=False)
            self._collect_folder(folder, requested_at, space=space)

    def add_list(self, payload: Json, requested_at: datetime) -> None:
        """Add a list that was read individually, and its statuses."""
        with self.report.name_odd_fields("lists", payload, name="") as list_:
            space_id = list_.object("space").required_id
            location = ListLocation(space_id, records.folder_id(list_), archived=False)
            self._collect_list(list_, requested_at, location=location)

    def _add_space(self, space: Fields, requested_at: datetime) -> None:
        record = records.space(space, workspace_id=self.workspace_id)
        self.spaces.append(ExtractedRecord(record, requested_at))

    def _collect_space(self, space: Fields, requested_at: datetime) -> None:
        archived = bool(space.boolean("archived"))
        location = ListLocation(space.required_id, None, archived=archived)
        self._add_statuses(space, requested_at, scope=("space", location.space_id))
        path = f"/space/{location.space_id}"
        for parameter in LIVE_AND_ARCHIVED:
            for folder, folder_requested_at in self._fetch(f"{path}/folder", "folders", parameter):
                with self._guard("folders", folder):
                    self._collect_folder(folder, folder_requested_at, space=location)
            for list_, list_requested_at in self._fetch(f"{path}/list", "lists", parameter):
                with self._guard("lists", list_):
                    self._collect_list(list_, list_requested_at, location=location)

    def _collect_folder(
        self, folder: Fields, requested_at: datetime, *, space: ListLocation
    ) -> None:
        folder_id = folder.required_id
        archived = space.archived or bool(folder.boolean("archived"))
        location = ListLocation(space.space_id, folder_id, archived=archived)
        record = records.folder(folder, workspace_id=self.workspace_id, space_id=space.space_id)
        self.folders.append(ExtractedRecord(record, requested_at))
        self._folder_locations.append(location)
        if self._overrides_statuses(folder):
            self._add_statuses(folder, requested_at, scope=("folder", folder_id))
        place = f"folder {folder_id}"
        for list_ in folder.array("lists"):
            with self._guard("lists", list_, place=place) as fields:
                self._collect_list(fields, requested_at, location=location)
        if folder.is_odd("lists"):
            error = OddFieldError("lists")
            self.report.leave_out("lists", f"in {place}", error, on_failure=self.failures.append)

    def _collect_archived_lists(self) -> None:
        for folder in self._folder_locations:
            with self._capture_errors(f"archived lists of folder {folder.folder_id}"):
                path = f"/folder/{folder.folder_id}/list"
                for list_, requested_at in self._fetch(path, "lists", "true"):
                    with self._guard("lists", list_):
                        self._collect_list(list_, requested_at, location=folder)

    def _collect_list(
        self, list_: Fields, requested_at: datetime, *, location: ListLocation
    ) -> None:
        list_id = list_.required_id
        record = records.list_(
            list_,
            workspace_id=self.workspace_id,
            space_id=location.space_id,
            folder_id=location.folder_id,
        )
        self.lists.append(ExtractedRecord(record, requested_at))
        if (orderindex := list_.integer("orderindex")) is not None:
            self.orderindexes[list_id] = orderindex
        if location.archived or record["archived"]:
            self.archived_list_ids.append(list_id)
        if not self._overrides_statuses(list_):
            return
        if "statuses" in list_.payload:
            self._add_statuses(list_, requested_at, scope=("list", list_id))
        else:
            self._fetch_list_statuses(list_id)

    def _overrides_statuses(self, item: Fields) -> bool:
        """Return whether a folder or list has its own statuses; no, if that cannot be read."""
        overrides = bool(item.boolean("override_statuses"))
        if item.is_odd("override_statuses"):
            self.unread_status_scopes.add(item.required_id)
        return overrides

    def _fetch_list_statuses(self, list_id: str) -> None:
        try:
            response = self.client.get(f"/list/{list_id}", required_key="statuses")
        except ClickUpError as error:
            failure = self.report.record_failure(f"statuses of list {list_id}", error)
            self.failures.append(failure)
            return
        item = Fields(response.body)
        self._add_statuses(item, response.requested_at, scope=("list", list_id))

    def _add_statuses(
        self, item: Fields, requested_at: datetime, *, scope: tuple[str, str]
    ) -> None:
        scope_type, scope_id = scope
        place = f"{scope_type} {scope_id}"
        for status in item.array("statuses"):
            count = len(self.statuses)
            with self.report.guard("statuses", status, place=place) as fields:
                record = records.status(
                    fields, workspace_id=self.workspace_id, scope_type=scope_type, scope_id=scope_id
                )
                self.statuses.append(ExtractedRecord(record, requested_at))
            if len(self.statuses) == count:
                self.unread_status_scopes.add(scope_id)
        if item.is_odd("statuses"):
            self.unread_status_scopes.add(scope_id)
            self.report.leave_out("statuses", f"of {place}", OddFieldError("statuses"))


def digest(ids: Iterable[str]) -> str:
    """Return a short hash of a set of ids."""
    return hashlib.blake2b(",".join(sorted(set(ids))).encode(), digest_size=8).hexdigest()
