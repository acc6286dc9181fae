"""Where folders and lists are, and which folders are in which others. Pure.

A folder can contain subfolders, which inherit from it: that it is archived, that its lists are
sprints. ClickUp returns the subfolders of a space next to its folders; each names its parent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tap_clickup.records import parent_folder_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tap_clickup.fields import Fields


@dataclass(frozen=True)
class ListLocation:
    """Where a list is, and whether that place is archived."""

    space_id: str
    folder_id: str | None
    archived: bool


def with_subfolders(folder_ids: Iterable[str], parents: Mapping[str, str | None]) -> set[str]:
    """Return folders and those in them, at any depth; `parents` has the parent of each folder."""
    included = set(folder_ids)
    while True:
        inside = {folder_id for folder_id, parent in parents.items() if parent in included}
        if inside <= included:
            return included
        included |= inside


def archived_folder_ids(folders: Iterable[Fields]) -> set[str]:
    """Return the ids of the folders that are archived, or in an archived folder."""
    by_id = {folder.id: folder for folder in folders if folder.id}
    archived = [folder_id for folder_id, folder in by_id.items() if folder.boolean("archived")]
    parents = {folder_id: parent_folder_id(folder) for folder_id, folder in by_id.items()}
    return with_subfolders(archived, parents)
