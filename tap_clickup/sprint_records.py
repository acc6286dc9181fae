"""The records of sprints, from the lists of sprint folders and their subfolders. Pure.

API v2 has no sprint resource. A sprint's dates are those of its list, or those in the list's name.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_clickup import records
from tap_clickup.conversions import parse_timestamp
from tap_clickup.extracted import ExtractedRecord
from tap_clickup.folder_tree import with_subfolders
from tap_clickup.sprints import SprintList, infer_dates, is_sprint_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from tap_clickup.hierarchy import Hierarchy
    from tap_clickup.sprints import Dates


@dataclass(frozen=True)
class SprintSettings:
    """The settings for sprints: whether they are read, and how folders and names are understood."""

    enabled: bool
    folder_pattern: re.Pattern[str]
    day_first: bool

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> SprintSettings:
        """Return the settings of the tap."""
        return cls(
            enabled=bool(config["sprints"]),
            folder_pattern=re.compile(config["sprint_folder_pattern"]),
            day_first=bool(config["sprint_names_day_first"]),
        )

    def is_sprint_folder(self, name: str | None) -> bool:
        """Return whether the lists of a folder with this name are sprints that are read."""
        return self.enabled and is_sprint_folder(name, self.folder_pattern)


def sprint_records(
    hierarchy: Hierarchy, settings: SprintSettings, *, today: date
) -> list[ExtractedRecord]:
    """Return the sprints among the lists of a hierarchy, except where the Sprints ClickApp is off.

    ClickUp may leave out whether it is on.
    """
    space_ids = {
        row.record["id"] for row in hierarchy.spaces if row.record["sprints_enabled"] is not False
    }
    folders = [row.record for row in hierarchy.folders if row.record["space_id"] in space_ids]
    folder_ids = with_subfolders(
        [folder["id"] for folder in folders if settings.is_sprint_folder(folder["name"])],
        {folder["id"]: folder["parent_folder_id"] for folder in folders},
    )
    lists_by_folder: defaultdict[str, list[ExtractedRecord]] = defaultdict(list)
    for row in hierarchy.lists:
        if row.record["folder_id"] in folder_ids:
            lists_by_folder[row.record["folder_id"]].append(row)
    sprints: list[ExtractedRecord] = []
    for lists in lists_by_folder.values():
        sprints += _folder_sprints(lists, hierarchy.orderindexes, settings, today)
    return sprints


def _folder_sprints(
    lists: list[ExtractedRecord],
    orderindexes: Mapping[str, int],
    settings: SprintSettings,
    today: date,
) -> Iterable[ExtractedRecord]:
    """Yield the sprints of one folder: the dates in a name depend on the lists around it."""
    sprint_lists = [
        SprintList(
            name=row.record["name"] or "",
            orderindex=orderindexes.get(row.record["id"]),
            start=_to_date(row.record["start_date"]),
        )
        for row in lists
    ]
    date_ranges = infer_dates(sprint_lists, today=today, day_first=settings.day_first)
    for row, date_range in zip(lists, date_ranges, strict=True):
        yield ExtractedRecord(_sprint(row.record, date_range), row.extracted_at)


def _to_date(timestamp: str | None) -> date | None:
    return parse_timestamp(timestamp).date() if timestamp else None


def _sprint(list_record: dict[str, Any], date_range: Dates | None) -> dict[str, Any]:
    """Return the sprint of a list. A date in a field takes precedence over one in the name."""
    start_date = list_record["start_date"]
    due_date = list_record["due_date"]
    inferred = False
    if date_range and not (start_date and due_date):
        inferred = True
        start_date = start_date or _midnight(date_range.start)
        due_date = due_date or _midnight(date_range.end)
    has_dates = bool(start_date or due_date)
    return records.sprint(
        list_record,
        start_date=start_date,
        end_date=due_date,
        inferred=inferred if has_dates else None,
    )


def _midnight(day: date) -> str:
    return f"{day.isoformat()}T00:00:00.000+00:00"
