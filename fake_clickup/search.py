"""Finds the page of tasks that a question asks for.

A scope is put in order once and kept until the workspace is edited, so that a page of a large
workspace costs no more than a small one.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .access import find_hidden_lists
from .task_query import NO_DATE, Bound, TaskFilter, TaskQuery, value_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .behaviour import Behaviour
    from .model import Status, Task, Workspace

PAGE_SIZE = 100
KEPT_SCOPES = 50


@dataclass(frozen=True, slots=True)
class TaskPage:
    """One page of tasks, and whether nothing comes after it."""

    tasks: list[Task]
    is_last: bool


class TaskIndex:
    """The tasks of one workspace at one version, by list, and the scopes put in order so far."""

    def __init__(self, tasks: Iterable[Task]) -> None:
        self.by_list: dict[str, list[Task]] = defaultdict(list)
        self.added: dict[str, list[Task]] = defaultdict(list)
        for task in tasks:
            self.by_list[task.list_id].append(task)
            for list_id in task.other_list_ids:
                self.added[list_id].append(task)
        self.ordered: dict[tuple[TaskFilter, frozenset[str], frozenset[str]], list[Task]] = {}
        self._statuses: dict[tuple[str, str], Status] = {}

    def status(self, task: Task, workspace: Workspace) -> Status:
        """Return the status of a task, looked up once for all tasks of a list that share it."""
        key = task.list_id, task.status
        if key not in self._statuses:
            self._statuses[key] = workspace.status_of(task)
        return self._statuses[key]


class Search:
    """Searches one workspace; whoever calls holds the account's lock."""

    def __init__(self, workspace: Workspace, behaviour: Behaviour) -> None:
        self.workspace = workspace
        self.behaviour = behaviour
        self._shelves: dict[bool, tuple[tuple[int, int], TaskIndex]] = {}

    def in_workspace(self, asked: TaskQuery) -> TaskPage:
        """Return a page of the workspace: live places only, and as late as the index lags."""
        lists = self.workspace.lists
        hidden = find_hidden_lists(self.workspace, self.behaviour)
        scope = asked.scope
        places = frozenset(
            one.id
            for one in lists.values()
            if one.id not in hidden
            and (not scope.spaces or one.space_id in scope.spaces)
            and (not scope.folders or one.folder_id in scope.folders)
            and (not scope.lists or one.id in scope.lists)
            and not self.workspace.is_archived_list(one.id)
        )
        return self._page(asked, self._shelf(lags=True), places, added=False)

    def in_list(self, list_id: str, asked: TaskQuery) -> TaskPage:
        """Return a page of one list, live or archived; only this one knows added tasks."""
        places = frozenset({list_id})
        return self._page(asked, self._shelf(lags=False), places, added=asked.scope.include_added)

    def count(self, list_id: str) -> int:
        """Return how many tasks have their home in a list."""
        return len(self._shelf(lags=False).by_list.get(list_id, ()))

    def _page(
        self, asked: TaskQuery, shelf: TaskIndex, places: frozenset[str], *, added: bool
    ) -> TaskPage:
        scope = asked.scope
        tasks = self._ordered(scope, shelf, places, added=added)
        for bound in asked.bounds:
            tasks = self._within(tasks, bound, order=scope.order)
        skipped = asked.page * PAGE_SIZE
        is_last = skipped + PAGE_SIZE >= len(tasks)
        if asked.reverse:
            return TaskPage(tasks[skipped : skipped + PAGE_SIZE], is_last)
        end = max(0, len(tasks) - skipped)
        return TaskPage(tasks[max(0, end - PAGE_SIZE) : end][::-1], is_last)

    def _ordered(
        self, scope: TaskFilter, shelf: TaskIndex, places: frozenset[str], *, added: bool
    ) -> list[Task]:
        """Return the tasks of a scope in ascending order; equal moments are ordered by id."""
        hidden = find_hidden_lists(self.workspace, self.behaviour)
        key = (scope, places, hidden)
        if key not in shelf.ordered:
            tasks = [task for one in places for task in shelf.by_list.get(one, ())]
            if added:
                tasks += [task for one in places for task in shelf.added.get(one, ())]
            seen = [task for task in tasks if task.list_id not in hidden]
            tasks = [task for task in seen if self._fits(task, scope, shelf)]
            by_id = scope.order == "id"
            tasks.sort(key=lambda one: (0 if by_id else value_of(one, scope.order), one.id))
            if len(shelf.ordered) >= KEPT_SCOPES:
                shelf.ordered.clear()
            shelf.ordered[key] = tasks
        return shelf.ordered[key]

    def _fits(self, task: Task, scope: TaskFilter, shelf: TaskIndex) -> bool:
        if not scope.matches(task):
            return False
        status = shelf.status(task, self.workspace)
        if status.type == "closed" and not scope.include_closed:
            return False
        return not scope.statuses or status.name.lower() in scope.statuses

    def _within(self, tasks: list[Task], bound: Bound, *, order: str) -> list[Task]:
        """Return the tasks on the right side of a bound; one without the date is on neither."""
        after = bound.gt and not self.behaviour.updated_gt_inclusive
        if bound.field == order and order in {"created", "updated"}:
            bisect = bisect_right if after else bisect_left
            cut = bisect(tasks, float(bound.moment_ms), key=lambda one: value_of(one, order))
            return tasks[cut:] if bound.gt else tasks[:cut]
        least = bound.moment_ms + 1 if after else bound.moment_ms
        if bound.gt:
            return [one for one in tasks if least <= value_of(one, bound.field) < NO_DATE]
        return [one for one in tasks if value_of(one, bound.field) < least]

    def _shelf(self, *, lags: bool) -> TaskIndex:
        """Return the tasks as they are, or as they were before the edits the index still lacks."""
        unseen = self._unseen_edits() if lags else 0
        state = (self.workspace.version, unseen)
        kept, shelf = self._shelves.get(lags, (None, None))
        if shelf is None or kept != state:
            shelf = TaskIndex(self._tasks_without(unseen))
            self._shelves[lags] = state, shelf
        return shelf

    def _unseen_edits(self) -> int:
        if not self.behaviour.index_lag:
            return 0
        since = self.behaviour.clock() - self.behaviour.index_lag
        edits = self.workspace.edits
        return len(edits) - bisect_right(edits, since, key=lambda edit: edit.made_at)

    def _tasks_without(self, unseen: int) -> Iterable[Task]:
        if not unseen:
            return self.workspace.tasks.values()
        tasks = dict(self.workspace.tasks)
        for edit in reversed(self.workspace.edits[-unseen:]):
            if edit.before:
                tasks[edit.before.id] = edit.before
            elif edit.after:
                tasks.pop(edit.after.id, None)
        return tasks.values()
