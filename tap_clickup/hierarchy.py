"""Walks spaces, folders, lists and statuses once a run; the streams share what it found.

Each level answers live or archived things, never both, so both are asked. The answer with the
folders of a space already holds their live lists. Four requests a space, and one for each list
without folder that has statuses of its own, since only its own answer tells them. A thorough walk
also asks each folder for its archived lists: one request a folder.
https://developer.clickup.com/reference/getfolders
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tap_clickup import records
from tap_clickup.client import ClickUpError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

    from tap_clickup.client import Client
    from tap_clickup.records import Json
    from tap_clickup.report import Report

LIVE_AND_ARCHIVED = ("false", "true")


@dataclass(frozen=True)
class Reading:
    """A record and the moment its request was sent."""

    record: dict[str, Any]
    sent_at: datetime


@dataclass(frozen=True)
class Place:
    """Where a list lies, and whether that is archived."""

    space_id: str
    folder_id: str | None
    archived: bool


@dataclass
class Hierarchy:
    """What one workspace holds, by stream name: spaces, folders, lists, statuses.

    `archives` are the lists whose tasks no search over the workspace shows: lists that are archived
    or lie in an archived folder or space; True for those that every walk finds.
    """

    client: Client
    workspace_id: str
    report: Report
    space_ids: Collection[str] = ()
    thorough: bool = True
    archives: dict[str, bool] = field(default_factory=dict)
    readings: defaultdict[str, list[Reading]] = field(default_factory=lambda: defaultdict(list))
    _seen: set[tuple[str, str]] = field(default_factory=set)

    def walk(self) -> None:
        """Read the selected spaces, all if none is named; report and leave out what is refused."""
        for archived in LIVE_AND_ARCHIVED:
            path = f"/team/{self.workspace_id}/space"
            for item, sent_at in self._read(path, "spaces", archived):
                if not self.space_ids or str(item["id"]) in self.space_ids:
                    with self.report.guard(f"space {item['id']}"):
                        self._space(item, sent_at)

    @property
    def archives_digest(self) -> str:
        """A short mark of the archives that every walk finds: another one, and others are there."""
        ids = sorted(list_id for list_id, always in self.archives.items() if always)
        return hashlib.blake2b(",".join(ids).encode(), digest_size=8).hexdigest()

    @property
    def found_space_ids(self) -> list[str]:
        """Ids of the spaces that were read."""
        return [reading.record["id"] for reading in self.readings["spaces"]]

    def _read(self, path: str, key: str, archived: str) -> Iterator[tuple[Json, datetime]]:
        try:
            answer = self.client.get(path, [("archived", archived)], expect=key)
        except ClickUpError as error:
            self.report.missed(f"{key} (archived={archived})", error)
            return
        for item in answer.body[key]:
            if (key, str(item["id"])) not in self._seen:
                self._seen.add((key, str(item["id"])))
                yield item, answer.sent_at

    def _add(self, stream: str, record: dict[str, Any], sent_at: datetime) -> None:
        self.readings[stream].append(Reading(record, sent_at))

    def _space(self, item: Json, sent_at: datetime) -> None:
        place = Place(str(item["id"]), None, archived=bool(item.get("archived")))
        self._add("spaces", records.space(item, workspace_id=self.workspace_id), sent_at)
        self._statuses(item, sent_at, scope=("space", place.space_id))
        for archived in LIVE_AND_ARCHIVED:
            path = f"/space/{place.space_id}"
            for folder, folder_sent_at in self._read(f"{path}/folder", "folders", archived):
                self._folder(folder, folder_sent_at, space=place)
            for list_, list_sent_at in self._read(f"{path}/list", "lists", archived):
                self._list(list_, list_sent_at, place=place)

    def _folder(self, item: Json, sent_at: datetime, *, space: Place) -> None:
        folder_id = str(item["id"])
        archived = space.archived or bool(item.get("archived"))
        place = Place(space.space_id, folder_id, archived=archived)
        record = records.folder(item, workspace_id=self.workspace_id, space_id=space.space_id)
        self._add("folders", record, sent_at)
        if item.get("override_statuses"):
            self._statuses(item, sent_at, scope=("folder", folder_id))
        for list_ in item.get("lists") or ():
            self._list(list_, sent_at, place=place)
        if self.thorough:
            for list_, list_sent_at in self._read(f"/folder/{folder_id}/list", "lists", "true"):
                self._list(list_, list_sent_at, place=place, always_found=False)

    def _list(
        self, item: Json, sent_at: datetime, *, place: Place, always_found: bool = True
    ) -> None:
        list_id = str(item["id"])
        record = records.list_(
            item,
            workspace_id=self.workspace_id,
            space_id=place.space_id,
            folder_id=place.folder_id,
        )
        self._add("lists", record, sent_at)
        if place.archived or record["archived"]:
            self.archives[list_id] = always_found
        if not item.get("override_statuses"):
            return
        if "statuses" not in item:
            try:
                answer = self.client.get(f"/list/{list_id}", expect="statuses")
            except ClickUpError as error:
                self.report.missed(f"statuses of list {list_id}", error)
                return
            item, sent_at = answer.body, answer.sent_at
        self._statuses(item, sent_at, scope=("list", list_id))

    def _statuses(self, item: Json, sent_at: datetime, *, scope: tuple[str, str]) -> None:
        scope_type, scope_id = scope
        for status in item.get("statuses") or ():
            record = records.status(
                status, workspace_id=self.workspace_id, scope_type=scope_type, scope_id=scope_id
            )
            self._add("statuses", record, sent_at)
