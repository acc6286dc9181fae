"""Finds the requested page of tasks.

The tasks of a filter are sorted once and kept until the workspace is edited, so that a page of a
large workspace costs no more than that of a small one.
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
MAX_CACHED_FILTERS = 50


@dataclass(frozen=True, slots=True)
class TaskPage:
    """One page of tasks, and whether it is the last."""

    tasks: list[Task]
    is_last: bool


class TaskIndex:
    """The tasks of one version of a workspace, by list, and the sorted results of filters."""

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
    """Searches one workspace; the caller must hold the account's lock."""

    def __init__(self, workspace: Workspace, behaviour: Behaviour) -> None:
        self.workspace = workspace
        self.behaviour = behaviour
        self._indexes: dict[bool, tuple[tuple[int, int], TaskIndex]] = {}

    def in_workspace(self, query: TaskQuery) -> TaskPage:
        """Return a page of the workspace, without archived lists and as stale as the index."""
        lists = self.workspace.lists
        hidden = find_hidden_lists(self.workspace, self.behaviour)
        scope = query.scope
        list_ids = frozenset(
            task_list.id
            for task_list in lists.values()
            if task_list.id not in hidden
            and (not scope.spaces or task_list.space_id in scope.spaces)
            and (not scope.folders or task_list.folder_id in scope.folders)
            and (not scope.lists or task_list.id in scope.lists)
            and not self.workspace.is_archived_list(task_list.id)
        )
        return self._cut_page(query, self._get_index(stale=True), list_ids, added=False)

    def in_list(self, list_id: str, query: TaskQuery) -> TaskPage:
        """Return a page of one list, live or archived; it can include added tasks."""
        list_ids = frozenset({list_id})
        return self._cut_page(
            query, self._get_index(stale=False), list_ids, added=query.scope.include_added
        )

    def count(self, list_id: str) -> int:
        """Return the number of tasks whose home list this is."""
        return len(self._get_index(stale=False).by_list.get(list_id, ()))

    def _cut_page(
        self, query: TaskQuery, index: TaskIndex, list_ids: frozenset[str], *, added: bool
    ) -> TaskPage:
        scope = query.scope
        tasks = self._find_ordered(scope, index, list_ids, added=added)
        for bound in query.bounds:
            tasks = self._filter_within(tasks, bound, order=scope.order)
        skipped = query.page * PAGE_SIZE
        is_last = skipped + PAGE_SIZE >= len(tasks)
        if query.reverse:
            return TaskPage(tasks[skipped : skipped + PAGE_SIZE], is_last)
        end = max(0, len(tasks) - skipped)
        return TaskPage(tasks[max(0, end - PAGE_SIZE) : end][::-1], is_last)

    def _find_ordered(
        self, scope: TaskFilter, index: TaskIndex, list_ids: frozenset[str], *, added: bool
    ) -> list[Task]:
        """Return the tasks of a filter in ascending order; equal dates are ordered by id."""
        hidden = find_hidden_lists(self.workspace, self.behaviour)
        key = (scope, list_ids, hidden)
        if key not in index.ordered:
            tasks = [task for list_id in list_ids for task in index.by_list.get(list_id, ())]
            if added:
                tasks += [task for list_id in list_ids for task in index.added.get(list_id, ())]
            visible = [task for task in tasks if task.list_id not in hidden]
            tasks = [task for task in visible if self._matches(task, scope, index)]
            by_id = scope.order == "id"
            tasks.sort(key=lambda task: (0 if by_id else value_of(task, scope.order), task.id))
            if len(index.ordered) >= MAX_CACHED_FILTERS:
                index.ordered.clear()
            index.ordered[key] = tasks
        return index.ordered[key]

    def _matches(self, task: Task, scope: TaskFilter, index: TaskIndex) -> bool:
        if not scope.matches(task):
            return False
        status = index.status(task, self.workspace)
        if status.type == "closed" and not scope.include_closed:
            return False
        return not scope.statuses or status.name.lower() in scope.statuses

    def _filter_within(self, tasks: list[Task], bound: Bound, *, order: str) -> list[Task]:
        """Return the tasks within a bound; a task without the date is never within."""
        after = bound.gt and not self.behaviour.updated_gt_inclusive
        if bound.field == order and order in {"created", "updated"}:
            bisect = bisect_right if after else bisect_left
            cut = bisect(tasks, float(bound.timestamp_ms), key=lambda task: value_of(task, order))
            return tasks[cut:] if bound.gt else tasks[:cut]
        least = bound.timestamp_ms + 1 if after else bound.timestamp_ms
        if bound.gt:
            return [task for task in tasks if least <= value_of(task, bound.field) < NO_DATE]
        return [task for task in tasks if value_of(task, bound.field) < least]

    def _get_index(self, *, stale: bool) -> TaskIndex:
        """Return the index of current tasks, or without the edits that it does not show yet."""
        unseen = self._count_unseen_edits() if stale else 0
        state = (self.workspace.version, unseen)
        kept, index = self._indexes.get(stale, (None, None))
        if index is None or kept != state:
            index = TaskIndex(self._find_tasks_without(unseen))
            self._indexes[stale] = state, index
        return index

    def _count_unseen_edits(self) -> int:
        if not self.behaviour.index_lag:
            return 0
        since = self.behaviour.clock() - self.behaviour.index_lag
        edits = self.workspace.edits
        return len(edits) - bisect_right(edits, since, key=lambda edit: edit.made_at)

    def _find_tasks_without(self, unseen: int) -> Iterable[Task]:
        if not unseen:
            return self.workspace.tasks.values()
        tasks = dict(self.workspace.tasks)
        for edit in reversed(self.workspace.edits[-unseen:]):
            if edit.before:
                tasks[edit.before.id] = edit.before
            elif edit.after:
                tasks.pop(edit.after.id, None)
        return tasks.values()
