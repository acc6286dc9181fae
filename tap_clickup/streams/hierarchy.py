"""Workspaces, and what the walk over their spaces, folders and lists finds."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from tap_clickup import records
from tap_clickup.conversions import parse_timestamp
from tap_clickup.extracted import ExtractedRecord
from tap_clickup.read_scope import ReadScope
from tap_clickup.sprints import Dates, SprintList, infer_dates, is_sprint_folder
from tap_clickup.streams.base import ClickUpStream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_clickup.read_scope import ScopeConditions
    from tap_clickup.workspace import Workspace


class Workspaces(ClickUpStream):
    """The selected workspaces."""

    name = "workspaces"
    primary_keys = ("id",)

    def read(self, workspace: Workspace) -> Iterator[ExtractedRecord]:
        """Yield the workspace itself."""
        yield ExtractedRecord(records.workspace(workspace.payload), workspace.requested_at)


class Spaces(ClickUpStream):
    """Spaces, live and archived."""

    name = "spaces"
    primary_keys = ("workspace_id", "id")

    def read(self, workspace: Workspace) -> Iterator[ExtractedRecord]:
        """Yield what `find_spaces` found."""
        hierarchy = workspace.hierarchy
        hierarchy.load_spaces()
        yield from hierarchy.records[self.name]
        if hierarchy.spaces_complete:
            selected = sorted(self.sync_context.selection.space_ids)
            conditions: ScopeConditions = {"id": {"in": selected}} if selected else {}
            scope = ReadScope(self.name, hierarchy.started_at, conditions)
            workspace.add_completed_read(scope, [(one,) for one in hierarchy.space_ids_found])


class HierarchyStream(ClickUpStream):
    """What lies in the spaces, as the walk found it under the stream's name.

    Only a thorough walk finds all of it, so only that tells what is gone. What lay in a space that
    is gone itself is not marked: the space is.
    """

    primary_keys: tuple[str, ...] = ("workspace_id", "id")

    def read(self, workspace: Workspace) -> Iterator[ExtractedRecord]:
        """Yield what the walk found."""
        hierarchy = workspace.hierarchy
        hierarchy.walk()
        found = list(self.readings(workspace))
        yield from found
        if hierarchy.complete and hierarchy.include_archived_lists:
            conditions: ScopeConditions = {"space_id": {"in": hierarchy.space_ids_found}}
            scope = ReadScope(self.name, hierarchy.started_at, conditions)
            workspace.add_completed_read(scope, [(reading.record["id"],) for reading in found])

    def readings(self, workspace: Workspace) -> list[ExtractedRecord]:
        """Return the stream's records."""
        return workspace.hierarchy.records[self.name]


class Folders(HierarchyStream):
    """Folders, live and archived."""

    name = "folders"


class Lists(HierarchyStream):
    """Lists, live and archived."""

    name = "lists"


class Statuses(ClickUpStream):
    """Statuses of spaces, and of folders and lists that override them."""

    name = "statuses"
    primary_keys = ("workspace_id", "scope_type", "scope_id", "status")

    def read(self, workspace: Workspace) -> Iterator[ExtractedRecord]:
        """Yield what the walk found; of each space, folder and list it found, it found all."""
        hierarchy = workspace.hierarchy
        hierarchy.walk()
        yield from hierarchy.records[self.name]
        if hierarchy.complete:
            streams = ("spaces", "folders", "lists")
            places = {r.record["id"] for stream in streams for r in hierarchy.records[stream]}
            key = self.primary_keys[1:]
            conditions: ScopeConditions = {"scope_id": {"in": sorted(places)}}
            scope = ReadScope(self.name, hierarchy.started_at, conditions, key)
            rows = (reading.record for reading in hierarchy.records[self.name])
            workspace.add_completed_read(scope, [[row[name] for name in key] for row in rows])


class Sprints(HierarchyStream):
    """Sprints: the lists of sprint folders, in spaces whose Sprints ClickApp is on.

    API v2 has no sprints. Their dates are those of the list, else those that its name tells.
    """

    name = "sprints"

    def read(self, workspace: Workspace) -> Iterator[ExtractedRecord]:
        """Yield the sprints, unless they are switched off; note where the ClickApp is off."""
        if self.config["sprints"]:
            workspace.hierarchy.walk()
            workspace.report.note_disabled_clickapp("Sprints", self._off(workspace))
            yield from super().read(workspace)

    def readings(self, workspace: Workspace) -> list[ExtractedRecord]:
        """Return the records of the sprints of all sprint folders."""
        pattern = re.compile(self.config["sprint_folder_pattern"])
        rows = workspace.hierarchy.records
        on = {r.record["id"] for r in rows["spaces"] if r.record["sprints_enabled"]}
        folders = {
            r.record["id"]
            for r in rows["folders"]
            if r.record["space_id"] in on and is_sprint_folder(r.record["name"], pattern)
        }
        lists = defaultdict(list)
        for reading in rows["lists"]:
            if reading.record["folder_id"] in folders:
                lists[reading.record["folder_id"]].append(reading)
        return [sprint for found in lists.values() for sprint in self._sprints(workspace, found)]

    def _sprints(
        self, workspace: Workspace, lists: list[ExtractedRecord]
    ) -> Iterator[ExtractedRecord]:
        order = workspace.hierarchy.orderindexes
        told = [
            SprintList(
                r.record["name"] or "", order.get(r.record["id"]), _day(r.record["start_date"])
            )
            for r in lists
        ]
        day_first = self.config["sprint_names_day_first"]
        dates = infer_dates(told, today=datetime.now(UTC).date(), day_first=day_first)
        for reading, named in zip(lists, dates, strict=True):
            yield ExtractedRecord(_sprint(reading.record, named), reading.extracted_at)

    def _off(self, workspace: Workspace) -> list[str]:
        rows = [reading.record for reading in workspace.hierarchy.records["spaces"]]
        return [row["id"] for row in rows if row["sprints_enabled"] is False]


def _day(at: str | None) -> date | None:
    return parse_timestamp(at).date() if at else None


def _sprint(record: dict[str, Any], named: Dates | None) -> dict[str, Any]:
    """Return the sprint of a list; a date in a field goes before one in the name."""
    start, end, is_inferred = record["start_date"], record["due_date"], False
    if named and not (start and end):
        is_inferred = True
        start = start or f"{named.start.isoformat()}T00:00:00.000+00:00"
        end = end or f"{named.end.isoformat()}T00:00:00.000+00:00"
    inferred = is_inferred if start or end else None
    return records.sprint(record, start_date=start, end_date=end, inferred=inferred)
