"""Walks spaces, folders, lists and statuses once a run; the streams share what it found.

Each level answers live or archived things, never both, so both are asked. The answer with a space's
folders already holds their lists. Four requests a space, and one for each list without folder that
has statuses of its own, since only that list's own answer tells them.
https://developer.clickup.com/reference/getfolders
"""

from __future__ import annotations

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


@dataclass
class Hierarchy:
    """What one workspace holds, by stream name: spaces, folders, lists, statuses."""

    client: Client
    workspace_id: str
    report: Report
    space_ids: Collection[str] = ()
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
        space_id = str(item["id"])
        self._add("spaces", records.space(item, workspace_id=self.workspace_id), sent_at)
        self._statuses(item, sent_at, scope=("space", space_id))
        for archived in LIVE_AND_ARCHIVED:
            for folder, folder_sent_at in self._read(
                f"/space/{space_id}/folder", "folders", archived
            ):
                self._folder(folder, folder_sent_at, space_id=space_id)
            for item_, list_sent_at in self._read(f"/space/{space_id}/list", "lists", archived):
                self._list(item_, list_sent_at, space_id=space_id, folder_id=None)

    def _folder(self, item: Json, sent_at: datetime, *, space_id: str) -> None:
        folder_id = str(item["id"])
        record = records.folder(item, workspace_id=self.workspace_id, space_id=space_id)
        self._add("folders", record, sent_at)
        if item.get("override_statuses"):
            self._statuses(item, sent_at, scope=("folder", folder_id))
        for list_ in item.get("lists") or ():
            self._list(list_, sent_at, space_id=space_id, folder_id=folder_id)

    def _list(self, item: Json, sent_at: datetime, *, space_id: str, folder_id: str | None) -> None:
        record = records.list_(
            item, workspace_id=self.workspace_id, space_id=space_id, folder_id=folder_id
        )
        self._add("lists", record, sent_at)
        if not item.get("override_statuses"):
            return
        if "statuses" not in item:
            path = f"/list/{item['id']}"
            try:
                answer = self.client.get(path, expect="statuses")
            except ClickUpError as error:
                self.report.missed(f"statuses of list {item['id']}", error)
                return
            item, sent_at = answer.body, answer.sent_at
        self._statuses(item, sent_at, scope=("list", str(item["id"])))

    def _statuses(self, item: Json, sent_at: datetime, *, scope: tuple[str, str]) -> None:
        scope_type, scope_id = scope
        for status in item.get("statuses") or ():
            record = records.status(
                status, workspace_id=self.workspace_id, scope_type=scope_type, scope_id=scope_id
            )
            self._add("statuses", record, sent_at)
