"""Walks the spaces, folders, lists and statuses of a workspace, once per run for all streams.

Each endpoint returns either live or archived objects, so both are requested. All spaces come with
their statuses in two responses. The response with the folders of a space contains its subfolders
too, and their live lists. Walking a space takes four requests, and one for each list without folder
that has its own statuses, because only its own response contains them. So a poll walks only some of
the spaces: see `walks`.

Archived lists in live folders are in none of these responses. A thorough walk over a space requests
them folder by folder. It is made if it is required, or if the lists differ from those of the
previous walk or in which of them are archived: a list that was archived is then missing.
https://developer.clickup.com/reference/getfolders
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import RLock
from typing import TYPE_CHECKING, Any

from tap_clickup import records
from tap_clickup.errors import ClickUpError, OddFieldError, UnexpectedResponseError
from tap_clickup.extracted import ExtractedRecord
from tap_clickup.fields import Fields
from tap_clickup.folder_tree import ListLocation, archived_folder_ids
from tap_clickup.sync_report import MIN_CHANGED_FORMAT
from tap_clickup.urls import api_path
from tap_clickup.walks import SpaceWalk, digest, hash_lists

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from tap_clickup.client import Client
    from tap_clickup.fields import Json
    from tap_clickup.sync_report import ReadFailure, SyncReport
    from tap_clickup.webhook_coverage import WebhookCoverage

LIVE_AND_ARCHIVED = ("false", "true")


@dataclass
class Hierarchy:
    """The spaces, folders, lists and statuses of one workspace.

    `load_spaces` reads the selected spaces, all if `space_ids` is empty; `walk` reads what they
    contain. Both report and leave out what ClickUp denies, and do nothing when called again.

    `previous_walks` are the walks of earlier runs, by space id: a space whose walk is still current
    is left out, as the webhooks of `coverage` show. `is_thorough` makes the walk include all spaces
    and their archived lists, `walks_all_spaces` only all spaces.
    """

    client: Client
    workspace_id: str
    report: SyncReport
    space_ids: Collection[str] = ()
    previous_walks: Mapping[str, SpaceWalk] = field(default_factory=dict)
    coverage: WebhookCoverage | None = None
    walks_all_spaces: bool = False
    is_thorough: bool = False
    failures: list[ReadFailure] = field(default_factory=list)
    """What the walk did not read because ClickUp denied it or failed."""
    spaces: list[ExtractedRecord] = field(default_factory=list)
    folders: list[ExtractedRecord] = field(default_factory=list)
    lists: list[ExtractedRecord] = field(default_factory=list)
    statuses: list[ExtractedRecord] = field(default_factory=list)
    archived_lists: dict[str, list[str]] = field(default_factory=dict)
    """By space id, the lists whose tasks no search over the workspace returns: archived lists, and
    lists in an archived folder or space."""
    orderindexes: dict[str, int] = field(default_factory=dict)
    """The position of each list among its neighbours, by list id."""
    walks: dict[str, SpaceWalk] = field(default_factory=dict)
    """The walks of this run, by space id."""
    incomplete_space_ids: set[str] = field(default_factory=set)
    """The spaces of which ClickUp denied a part, or sent an odd one."""
    thorough_space_ids: list[str] = field(default_factory=list)
    """The spaces whose archived lists were read."""
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    spaces_complete: bool = False
    unread_status_scopes: set[str] = field(default_factory=set)
    """Ids of spaces, folders and lists that have a status which could not be read."""
    _space_payloads: list[tuple[Fields, datetime]] | None = None
    _folder_locations: list[ListLocation] = field(default_factory=list)
    _seen: set[tuple[str, str]] = field(default_factory=set)
    _list_ids: set[str] = field(default_factory=set)
    _archived_list_ids: set[str] = field(default_factory=set)
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
    def archived_list_ids(self) -> list[str]:
        """The archived lists of all walked spaces."""
        return [list_id for ids in self.archived_lists.values() for list_id in ids]

    @property
    def archives(self) -> dict[str, str]:
        """Digests of the archived lists of the spaces that were walked thoroughly, by space id."""
        return {
            space_id: digest(self.archived_lists.get(space_id, ()))
            for space_id in self.thorough_space_ids
        }

    def unread_archived_lists(self, known_archives: Mapping[str, str]) -> list[str]:
        """Return the archived lists of the spaces in which they differ from the known ones."""
        return [
            list_id
            for space_id, archive in self.archives.items()
            if archive != known_archives.get(space_id)
            for list_id in self.archived_lists.get(space_id, ())
        ]

    @property
    def walked_all_spaces(self) -> bool:
        """Whether this run has walked all spaces."""
        return self.walks.keys() == {space.record["id"] for space in self.spaces}

    @property
    def approximate_task_count(self) -> int | None:
        """Sum of ClickUp's own counts of the live lists, None if not all of them were read."""
        if not self.walked_all_spaces:
            return None
        live_lists = [
            row.record for row in self.lists if row.record["id"] not in self._archived_list_ids
        ]
        counts = [row["task_count"] for row in live_lists if row["task_count"] is not None]
        return sum(counts) if counts else None

    def require_thorough_walk(self) -> None:
        """Make the walk include all spaces and their archived lists. Call it before the walk."""
        self.is_thorough = True

    def load_spaces(self) -> None:
        """Read the spaces."""
        with self._lock:
            if self._space_payloads is None:
                self._load_spaces()

    def _load_spaces(self) -> None:
        self._space_payloads = []
        for archived in LIVE_AND_ARCHIVED:
            path = api_path("team", self.workspace_id, "space")
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
                space_id = space.required_id
                self._add_statuses(space, requested_at, scope=("space", space_id))
                if not self._is_current(space):
                    self._walk_space(space)

    def _is_current(self, space: Fields) -> bool:
        """Return whether a space need not be walked in this run."""
        space_id = space.required_id
        walk = self.previous_walks.get(space_id)
        if self.is_thorough or self.walks_all_spaces or walk is None:
            return False
        return walk.is_current(
            space_id,
            is_archived=bool(space.boolean("archived")),
            webhook_ids=self._webhook_ids(space_id),
            now=self.started_at,
        )

    def _webhook_ids(self, space_id: str) -> list[str]:
        return self.coverage.webhook_ids(space_id) if self.coverage else []

    def walk_spaces(self, space_ids: Collection[str | None]) -> None:
        """Walk spaces that this run has not walked so far."""
        with self._lock:
            for space, _ in self._space_payloads or ():
                if space.id in space_ids and space.id not in self.walks:
                    with self._capture_errors(f"space {space.id}"), self._guard("spaces", space):
                        self._walk_space(space)

    def is_known_list(self, list_id: str) -> bool:
        """Return whether this run or an earlier one has shown a list."""
        if list_id in self._list_ids:
            return True
        return any(
            walk.includes_list(list_id)
            for space_id, walk in self.previous_walks.items()
            if space_id not in self.walks
        )

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

    def _walk_space(self, space: Fields) -> None:
        """Read the folders and lists of a space; its archived lists too if its lists changed."""
        space_id = space.required_id
        webhook_ids = self._webhook_ids(space_id)
        walked_at = datetime.now(UTC)
        failure_count = len(self.failures)
        first_list = len(self.lists)
        first_folder = len(self._folder_locations)
        self._collect_space(space)
        lists = hash_lists(
            [row.record["id"] for row in self.lists[first_list:]], self._archived_list_ids
        )
        previous = self.previous_walks.get(space_id)
        if self.is_thorough or previous is None or previous.lists != lists:
            self._collect_archived_lists(self._folder_locations[first_folder:])
            self.thorough_space_ids.append(space_id)
        if len(self.failures) > failure_count:
            self.incomplete_space_ids.add(space_id)
        is_covered = bool(webhook_ids) and space_id not in self.incomplete_space_ids
        self.walks[space_id] = SpaceWalk(
            walked_at=walked_at if is_covered else None,
            lists=lists,
            is_archived=bool(space.boolean("archived")),
            webhook_id=webhook_ids[0] if is_covered else None,
        )

    def _collect_space(self, space: Fields) -> None:
        archived = bool(space.boolean("archived"))
        location = ListLocation(space.required_id, None, archived=archived)
        path = api_path("space", location.space_id)
        folders = {
            parameter: [*self._fetch(f"{path}/folder", "folders", parameter)]
            for parameter in LIVE_AND_ARCHIVED
        }
        # The parent of a live subfolder may be archived, and then it is in the other response.
        archived_ids = archived_folder_ids(item for part in folders.values() for item, _ in part)
        for parameter in LIVE_AND_ARCHIVED:
            for folder, folder_requested_at in folders[parameter]:
                with self._guard("folders", folder):
                    place = replace(location, archived=archived or folder.id in archived_ids)
                    self._collect_folder(folder, folder_requested_at, space=place)
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

    def _collect_archived_lists(self, folders: Iterable[ListLocation]) -> None:
        for folder in folders:
            with self._capture_errors(f"archived lists of folder {folder.folder_id}"):
                path = api_path("folder", str(folder.folder_id), "list")
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
        self._list_ids.add(list_id)
        if (orderindex := list_.integer("orderindex")) is not None:
            self.orderindexes[list_id] = orderindex
        if location.archived or record["archived"]:
            self.archived_lists.setdefault(location.space_id, []).append(list_id)
            self._archived_list_ids.add(list_id)
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
            response = self.client.get(api_path("list", list_id), required_key="statuses")
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
