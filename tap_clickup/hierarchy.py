"""Walks spaces, folders, lists and statuses once a run; the streams share what it found.

Each level answers live or archived things, never both, so both are asked. The answer with the
folders of a space already holds their live lists. Four requests a space, and one for each list
without folder that has statuses of its own, since only its own answer tells them.

Archived lists in live folders are in none of these answers. A thorough walk asks each folder for
them. It is made when asked for, and when other lists are found than before, or others of them in
archived places: a list that was archived is missing then.
https://developer.clickup.com/reference/getfolders
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import RLock
from typing import TYPE_CHECKING, Any

from tap_clickup import records
from tap_clickup.errors import ClickUpError
from tap_clickup.extracted import ExtractedRecord

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from contextlib import AbstractContextManager

    from tap_clickup.client import Client
    from tap_clickup.records import Json
    from tap_clickup.sync_report import ReadFailure, SyncReport

LIVE_AND_ARCHIVED = ("false", "true")


@dataclass(frozen=True)
class ListLocation:
    """Where a list lies, and whether that is archived."""

    space_id: str
    folder_id: str | None
    archived: bool


@dataclass
class Hierarchy:
    """What one workspace holds, by stream name: spaces, folders, lists, statuses.

    `load_spaces` finds the selected spaces, all if none is named; `walk` what lies in them. Both
    report and leave out what is refused, and do nothing at a second call.

    `archived_list_ids` are the lists whose tasks no search over the workspace returns: lists that
    are archived or lie in an archived folder or space. `previous_lists_digest` is the
    `lists_digest` of the previous walk.
    """

    client: Client
    workspace_id: str
    report: SyncReport
    space_ids: Collection[str] = ()
    previous_lists_digest: str | None = None
    include_archived_lists: bool = False
    failures: list[ReadFailure] = field(default_factory=list)
    """What the walk did not find because ClickUp refused it or failed."""
    archived_list_ids: list[str] = field(default_factory=list)
    orderindexes: dict[str, int] = field(default_factory=dict)
    """The place of each list among its neighbours."""
    lists_digest: str = ""
    """A short mark of the lists that every walk finds, and of which of them lie in archives."""
    records: defaultdict[str, list[ExtractedRecord]] = field(
        default_factory=lambda: defaultdict(list)
    )
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    spaces_complete: bool = False
    _space_payloads: list[tuple[Json, datetime]] | None = None
    _folders: list[ListLocation] = field(default_factory=list)
    _seen: set[tuple[str, str]] = field(default_factory=set)
    _walked: bool = False
    _lock: RLock = field(default_factory=RLock)

    @property
    def complete(self) -> bool:
        """Whether the walk found all it asked for."""
        return self._walked and not self.failures

    @property
    def has_retryable_failures(self) -> bool:
        """Whether another walk may find more: what ClickUp refuses it will refuse again."""
        return not self._walked or any(gap.retryable for gap in self.failures)

    @property
    def space_ids_found(self) -> list[str]:
        """Ids of the selected spaces, live and archived."""
        self.load_spaces()
        return [reading.record["id"] for reading in self.records["spaces"]]

    @property
    def archived_lists_digest(self) -> str:
        """A short mark of the archives: another one, and others are there."""
        return digest(self.archived_list_ids)

    @property
    def approximate_task_count(self) -> int | None:
        """Sum of ClickUp's own counts of the live lists, None if none was told."""
        archives = set(self.archived_list_ids)
        rows = [reading.record for reading in self.records["lists"]]
        counts = [row["task_count"] for row in rows if row["id"] not in archives]
        told = [count for count in counts if count is not None]
        return sum(told) if told else None

    def load_spaces(self) -> None:
        """Read the spaces."""
        with self._lock:
            if self._space_payloads is None:
                self._find_spaces()

    def _find_spaces(self) -> None:
        self._space_payloads = []
        for archived in LIVE_AND_ARCHIVED:
            path = f"/team/{self.workspace_id}/space"
            for item, requested_at in self._read(path, "spaces", archived):
                if not self.space_ids or str(item["id"]) in self.space_ids:
                    with self._guard(f"space {item['id']}"):
                        record = records.space(item, workspace_id=self.workspace_id)
                        self._add("spaces", record, requested_at)
                        self._space_payloads.append((item, requested_at))
        self.spaces_complete = not self.failures

    def _guard(self, what: str) -> AbstractContextManager[None]:
        return self.report.capture_errors(what, self.failures)

    def walk(self) -> None:
        """Read the folders, lists and statuses; a second caller waits for the first."""
        with self._lock:
            if not self._walked:
                self._walk()
                self._walked = True

    def _walk(self) -> None:
        self.load_spaces()
        for item, requested_at in self._space_payloads or ():
            with self._guard(f"space {item['id']}"):
                self._space(item, requested_at)
        archives, lists = (
            set(self.archived_list_ids),
            [r.record["id"] for r in self.records["lists"]],
        )
        self.lists_digest = digest(f"{one} {one in archives}" for one in lists)
        self.include_archived_lists = (
            self.include_archived_lists or self.lists_digest != self.previous_lists_digest
        )
        if self.include_archived_lists:
            self._archived_lists()

    def _read(self, path: str, key: str, archived: str) -> Iterator[tuple[Json, datetime]]:
        try:
            answer = self.client.get(path, [("archived", archived)], required_key=key)
        except ClickUpError as error:
            self.report.record_failure(f"{key} (archived={archived})", error, self.failures)
            return
        for item in answer.body[key]:
            if (key, str(item["id"])) not in self._seen:
                self._seen.add((key, str(item["id"])))
                yield item, answer.requested_at

    def _add(self, stream: str, record: dict[str, Any], requested_at: datetime) -> None:
        self.records[stream].append(ExtractedRecord(record, requested_at))

    def add_space(self, item: Json, requested_at: datetime) -> None:
        """Add a space that was read by itself, and its statuses."""
        self._add("spaces", records.space(item, workspace_id=self.workspace_id), requested_at)
        self._statuses(item, requested_at, scope=("space", str(item["id"])))

    def add_folder(self, item: Json, requested_at: datetime) -> None:
        """Add a folder that was read by itself, its live lists and its statuses."""
        space = ListLocation(str(item["space"]["id"]), None, archived=False)
        self._folder(item, requested_at, space=space)

    def add_list(self, item: Json, requested_at: datetime) -> None:
        """Add a list that was read by itself, and its statuses."""
        folder_id = records.folder_id(item)
        place = ListLocation(str(item["space"]["id"]), folder_id, archived=False)
        self._list(item, requested_at, place=place)

    def _space(self, item: Json, requested_at: datetime) -> None:
        place = ListLocation(str(item["id"]), None, archived=bool(item.get("archived")))
        self._statuses(item, requested_at, scope=("space", place.space_id))
        for archived in LIVE_AND_ARCHIVED:
            path = f"/space/{place.space_id}"
            for folder, folder_requested_at in self._read(f"{path}/folder", "folders", archived):
                self._folder(folder, folder_requested_at, space=place)
            for list_, list_requested_at in self._read(f"{path}/list", "lists", archived):
                self._list(list_, list_requested_at, place=place)

    def _folder(self, item: Json, requested_at: datetime, *, space: ListLocation) -> None:
        folder_id = str(item["id"])
        archived = space.archived or bool(item.get("archived"))
        place = ListLocation(space.space_id, folder_id, archived=archived)
        record = records.folder(item, workspace_id=self.workspace_id, space_id=space.space_id)
        self._add("folders", record, requested_at)
        self._folders.append(place)
        if item.get("override_statuses"):
            self._statuses(item, requested_at, scope=("folder", folder_id))
        for list_ in item.get("lists") or ():
            self._list(list_, requested_at, place=place)

    def _archived_lists(self) -> None:
        for place in self._folders:
            with self._guard(f"archived lists of folder {place.folder_id}"):
                path = f"/folder/{place.folder_id}/list"
                for list_, requested_at in self._read(path, "lists", "true"):
                    self._list(list_, requested_at, place=place)

    def _list(self, item: Json, requested_at: datetime, *, place: ListLocation) -> None:
        list_id = str(item["id"])
        record = records.list_(
            item,
            workspace_id=self.workspace_id,
            space_id=place.space_id,
            folder_id=place.folder_id,
        )
        self._add("lists", record, requested_at)
        if (orderindex := item.get("orderindex")) is not None:
            self.orderindexes[list_id] = int(orderindex)
        if place.archived or record["archived"]:
            self.archived_list_ids.append(list_id)
        if not item.get("override_statuses"):
            return
        if "statuses" not in item:
            try:
                answer = self.client.get(f"/list/{list_id}", required_key="statuses")
            except ClickUpError as error:
                self.report.record_failure(f"statuses of list {list_id}", error, self.failures)
                return
            item, requested_at = answer.body, answer.requested_at
        self._statuses(item, requested_at, scope=("list", list_id))

    def _statuses(self, item: Json, requested_at: datetime, *, scope: tuple[str, str]) -> None:
        scope_type, scope_id = scope
        for status in item.get("statuses") or ():
            record = records.status(
                status, workspace_id=self.workspace_id, scope_type=scope_type, scope_id=scope_id
            )
            self._add("statuses", record, requested_at)


def digest(ids: Iterable[str]) -> str:
    """Return a short mark of a set of ids."""
    return hashlib.blake2b(",".join(sorted(set(ids))).encode(), digest_size=8).hexdigest()
