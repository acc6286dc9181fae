"""The fewest requests with which ClickUp's API returns a workspace, however a tap reads it. Pure.

https://developer.clickup.com/reference
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.clickup_process import Contents

PAGE_SIZE = 100
USERS_PER_REQUEST = 50
LIVE_AND_ARCHIVED = 2
ONCE = 4
"""The workspaces, and the webhooks, task types and user groups of the one that is read."""


def fewest_requests(contents: Contents, *, time_slices: int) -> int:
    """Return the requests of a first load of a workspace whose time is read in so many slices.

    Each response has live or archived objects, and an archived list is in no response but those to
    its own space or folder; its tasks are in no response but those to the list itself.
    """
    live_tasks = contents.tasks - contents.tasks_in_archived_lists
    pages = ceil(live_tasks / PAGE_SIZE) + 1
    spaces = LIVE_AND_ARCHIVED + LIVE_AND_ARCHIVED * 2 * contents.spaces  # folders, and lists
    archived_lists_of_folders = contents.folders
    tasks_of_archived_lists = LIVE_AND_ARCHIVED * contents.archived_lists
    time_entries = time_slices * ceil(contents.people_with_entries / USERS_PER_REQUEST)
    return (
        ONCE + pages + spaces + archived_lists_of_folders + tasks_of_archived_lists + time_entries
    )
