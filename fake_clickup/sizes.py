"""How much the generator makes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much to make: workspaces, and the rest in each of them.

    `spaces` are live ones; each has `folders` of `lists` lists and `folderless_lists`. The
    `archived_*` ones come on top, hold live tasks, and lie (lists and folders) in the first space.
    `subfolders` are in the first folder of the first space; that folder and every second of them
    have a workflow of their own. `sprints` are lists of a sprint folder in the first space;
    `named_sprints`, earlier ones in the same folder, have their dates in their names only. `users`
    are members, one of them invited only; one more has left. `undated_tasks` lack `date_updated`;
    `running_timers` and `taskless_entries` are further time entries.
    """

    workspaces: int = 1
    spaces: int = 3
    folders: int = 2
    lists: int = 2
    folderless_lists: int = 1
    subfolders: int = 0
    archived_lists: int = 1
    archived_folders: int = 1
    archived_spaces: int = 1
    sprints: int = 3
    named_sprints: int = 0
    users: int = 6
    tasks: int = 300
    undated_tasks: int = 0
    time_entries: int = 100
    taskless_entries: int = 0
    running_timers: int = 0
