"""Generated spaces, folders and lists, with awkward workflows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from .model import Folder, Space, Status, TaskList
from .random_data import DAY_MS

if TYPE_CHECKING:
    from .model import Workspace
    from .random_data import RandomData
    from .sizes import Sizes

# Names and types, in order. Equal names have different types in different workflows, and the names
# of the third contradict its types.
WORKFLOWS = (
    (("to do", "open"), ("in progress", "custom"), ("complete", "closed")),
    (
        ("backlog", "open"),
        ("ready", "unstarted"),
        ("in progress", "custom"),
        ("in review", "custom"),
        ("shipped", "done"),
        ("closed", "closed"),
    ),
    (
        ("closed deals", "open"),
        ("complete?", "unstarted"),
        ("done", "custom"),
        ("to do", "done"),
        ("open", "closed"),
    ),
)
COLORS = {
    "open": "#8a8f94",
    "unstarted": "#14a08c",
    "custom": "#5a4fe0",
    "done": "#d9a514",
    "closed": "#0f7d3c",
}
SPRINT_DAYS = 14


class HierarchyGenerator:
    """Fills a workspace with spaces, folders and lists; `sprint_lists` are its sprints."""

    def __init__(self, workspace: Workspace, *, random_data: RandomData, sizes: Sizes) -> None:
        self.workspace = workspace
        self.random_data = random_data
        self.sizes = sizes
        self.sprint_lists: list[TaskList] = []

    def make(self) -> None:
        """Add all spaces, folders and lists."""
        spaces = [self._add_space(number) for number in range(self.sizes.spaces)]
        for number, space in enumerate(spaces):
            self._fill(space, number=number)
        if spaces:
            self._add_subfolders(spaces[0])
            self._add_sprints(spaces[0])
            self._add_archived(spaces[0])
        for number in range(self.sizes.archived_spaces):
            space = self._add_space(self.sizes.spaces + number)
            space.archived = True
            self._add_list(space, self._add_folder(space, f"Old folder {number + 1}"), "Old list")
            self._add_folderless_list(space, "Old folderless list")

    def _add_space(self, number: int) -> Space:
        """Return a space; every third has a workflow that was copied from another space."""
        space_id = self.random_data.numeric_id("907", digits=8)
        origin = self.random_data.numeric_id("907", digits=8) if number % 3 == 2 else space_id
        space = Space(
            id=space_id,
            name=f"Space {number + 1}",
            statuses=self.build_workflow(f"p{origin}", number),
            color=None if number % 3 == 1 else "#3e7a5c",
            sprints=number == 0,
            points=number == 0,
            made_by_api=number % 3 == 1,
        )
        self.workspace.spaces[space_id] = space
        return space

    def build_workflow(self, prefix: str, number: int) -> tuple[Status, ...]:
        """Return one of the workflows, with ids of its own."""
        return tuple(
            Status(
                f"{prefix}_{self.random_data.alphanumeric(length=8)}",
                name,
                kind,
                COLORS[kind],
                index,
            )
            for index, (name, kind) in enumerate(WORKFLOWS[number % len(WORKFLOWS)])
        )

    def _fill(self, space: Space, *, number: int) -> None:
        """Make the folders and lists of a space; the second list of each folder overrides."""
        for index in range(self.sizes.folders):
            misleading = number == 1 and index == 0
            name = "Sprint ideas" if misleading else f"Folder {index + 1}"
            folder = self._add_folder(space, name, orderindex=index)
            for place in range(self.sizes.lists):
                task_list = self._add_list(space, folder, f"List {place + 1}", orderindex=place)
                if place == 1:
                    task_list.statuses = self.build_workflow(f"sc{task_list.id}", number + 1)
        for index in range(self.sizes.folderless_lists):
            task_list = self._add_folderless_list(
                space, f"Folderless {index + 1}", orderindex=index
            )
            task_list.label = "red" if index == 0 else None
            task_list.priority = 1 if index == 0 else None

    def _add_subfolders(self, space: Space) -> None:
        """Make the subfolders of the first folder, each with a list."""
        visible = [folder for folder in self.workspace.folders.values() if not folder.hidden]
        for number in range(self.sizes.subfolders if visible else 0):
            parent = visible[0]
            if not parent.statuses:
                parent.statuses = self.build_workflow(f"c{parent.id}", 1)
            folder = self._add_folder(space, f"Subfolder {number + 1}", orderindex=number)
            folder.parent_id = parent.id
            if number % 2:
                folder.statuses = self.build_workflow(f"c{folder.id}", 2)
            self._add_list(space, folder, f"List in subfolder {number + 1}")

    def _add_sprints(self, space: Space) -> None:
        """Make the sprints, two weeks each, one after the other; the last goes on.

        The named ones come first. They and the last have dates only in their names.
        """
        named = self.sizes.named_sprints
        total = named + self.sizes.sprints
        if not total:
            return
        folder = self._add_folder(space, "Sprints", orderindex=self.sizes.folders)
        for number in range(total):
            # The named ones stay in the past, even where no other follows them.
            left = named + max(1, self.sizes.sprints) - number
            start = self.random_data.days_ago_ms(left * SPRINT_DAYS - 5)
            if number < named:
                start -= start % DAY_MS
            due = start + SPRINT_DAYS * DAY_MS - 1
            name = f"Sprint {number + 1} ({_format_day(start)} - {_format_day(due)})"
            sprint_list = self._add_list(space, folder, name, orderindex=number)
            if named <= number < total - 1:
                sprint_list.start_ms, sprint_list.due_ms = start, due
            self.sprint_lists.append(sprint_list)

    def _add_archived(self, space: Space) -> None:
        for number in range(self.sizes.archived_lists):
            self._add_folderless_list(space, f"Archived list {number + 1}").archived = True
        for number in range(self.sizes.archived_folders):
            folder = self._add_folder(space, f"Archived folder {number + 1}")
            folder.archived = True
            self._add_list(space, folder, "List in an archived folder")

    def _add_folder(self, space: Space, name: str, *, orderindex: int = 0) -> Folder:
        folder = Folder(self.random_data.numeric_id("9071", digits=8), name, space.id, orderindex)
        self.workspace.folders[folder.id] = folder
        return folder

    def _add_list(
        self, space: Space, folder: Folder, name: str, *, orderindex: int = 0
    ) -> TaskList:
        list_id = self.random_data.numeric_id("9072", digits=8)
        task_list = TaskList(list_id, name, space.id, folder.id, orderindex)
        self.workspace.lists[list_id] = task_list
        return task_list

    def _add_folderless_list(self, space: Space, name: str, *, orderindex: int = 0) -> TaskList:
        hidden = self._add_folder(space, "hidden")
        hidden.hidden = True
        return self._add_list(space, hidden, name, orderindex=orderindex)


def _format_day(timestamp_ms: int) -> str:
    day = datetime.fromtimestamp(timestamp_ms / 1000, tz=UTC)
    return f"{day.month}/{day.day}"
