"""The supported paths of ClickUp's API v2, and the errors of each."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from . import hierarchy, time_entry_requests, time_in_status, users, webhook_requests, webhooks
from .access import Access, find_hidden_lists
from .error_codes import ApiError
from .search import Search, TaskPage
from .task_query import flag, parse_task_query
from .tasks import TaskRenderer
from .time_entries import TimeEntryView

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .account import Account
    from .behaviour import Behaviour
    from .model import Folder, TaskList, Workspace

    Query = Mapping[str, list[str]]


class Routes:
    """Computes the response to a request; the caller must hold the account's lock."""

    def __init__(self, account: Account, behaviour: Behaviour) -> None:
        self.account = account
        self.behaviour = behaviour
        self.access = Access(account, behaviour)
        self._searches = {
            workspace.id: Search(workspace, behaviour) for workspace in account.workspaces
        }

    def check(self, path: str) -> Callable[[Query], Any]:
        """Return the function that computes the response of a path.

        Raises the ApiErrors that ClickUp returns before it counts a request: for an unknown path, a
        workspace that does not exist and a list id that is not a number.
        """
        for pattern, compute in ROUTES:
            match = re.fullmatch(pattern, path)
            if match:
                object_id = match[1] if match.groups() else ""
                self.access.check_id(path, object_id)
                return lambda query: compute(self, object_id, query)
        raise ApiError("APP_001")

    def write(self, method: str, path: str, content: bytes) -> Callable[[Query], Any]:
        """Return the function that carries out a write request, of a webhook or a time entry.

        Raises the ApiErrors of requests that are not counted.
        """
        for requested, pattern, carry_out in WRITES:
            if method == requested and (match := re.fullmatch(pattern, path)):
                self.access.check_id(path, match[1])
                return lambda _: carry_out(self.access, *match.groups(), content)
        raise ApiError("APP_405")

    def user(self, _: str, __: Query) -> Any:
        """Return the user of the token."""
        return users.render_authorised_user(self.account.workspaces[0].users[self.account.user_id])

    def workspaces(self, _: str, __: Query) -> Any:
        """Return the workspaces of the token's user, with their members."""
        user_id, role = self.account.user_id, users.ROLES[self.behaviour.role]
        workspaces = [
            users.render_workspace(workspace, user_id=user_id, role=role)
            for workspace in self.account.workspaces
        ]
        return {"teams": workspaces}

    def task_types(self, workspace_id: str, _: Query) -> Any:
        """Return the custom task types of a workspace; neither the default type nor milestones."""
        workspace = self.access.get_workspace(workspace_id)
        return {"custom_items": [asdict(task_type) for task_type in workspace.task_types.values()]}

    def groups(self, _: str, query: Query) -> Any:
        """Return the user groups of the workspace `team_id`, or those with the `group_ids`."""
        workspace = self.access.get_workspace(query.get("team_id", [""])[0])
        group_ids = query.get("group_ids", [*workspace.groups])
        found = [
            workspace.groups[group_id] for group_id in group_ids if group_id in workspace.groups
        ]
        return {"groups": [users.render_group(workspace, group) for group in found]}

    def spaces(self, workspace_id: str, query: Query) -> Any:
        """Return the live or only the archived spaces of a workspace."""
        spaces = self.access.get_workspace(workspace_id).spaces.values()
        archived = flag(query, "archived")
        visible = [
            self._render_space(space)
            for space in spaces
            if space.archived == archived and space.id not in self.behaviour.hidden_spaces
        ]
        return {"spaces": visible}

    def space(self, space_id: str, _: Query) -> Any:
        """Return one space."""
        return self._render_space(self.access.find_by_space(space_id).spaces[space_id])

    def folders(self, space_id: str, query: Query) -> Any:
        """Return the live or only the archived folders of a space."""
        workspace = self.access.find_by_space(space_id)
        archived = flag(query, "archived")
        folders = [
            self._render_folder(workspace, folder)
            for folder in workspace.folders.values()
            if folder.space_id == space_id and folder.archived == archived and not folder.hidden
        ]
        return {"folders": folders}

    def folder(self, folder_id: str, query: Query) -> Any:
        """Return one folder, with the ids of its subfolders if they are requested."""
        workspace = self.access.find_by_folder(folder_id)
        body = self._render_folder(workspace, workspace.folders[folder_id])
        if flag(query, "include_subfolders"):
            folders = workspace.folders.values()
            body["folders"] = [{"id": sub.id} for sub in folders if sub.parent_id == folder_id]
        return body

    def lists_of_folder(self, folder_id: str, query: Query) -> Any:
        """Return the live or only the archived lists of a folder."""
        workspace = self.access.find_by_folder(folder_id)
        lists = self._find_lists(workspace, lambda task_list: task_list.folder_id == folder_id)
        return self._render_lists(workspace, lists, query)

    def lists_of_space(self, space_id: str, query: Query) -> Any:
        """Return the live or only the archived folderless lists of a space."""
        workspace = self.access.find_by_space(space_id)
        lists = self._find_lists(
            workspace,
            lambda task_list: (
                task_list.space_id == space_id and workspace.folder_of(task_list).hidden
            ),
        )
        return self._render_lists(workspace, lists, query)

    def single_list(self, list_id: str, _: Query) -> Any:
        """Return one list."""
        workspace = self.access.find_by_list(list_id)
        count = self._searches[workspace.id].count(list_id)
        task_list = workspace.lists[list_id]
        generation = self.behaviour.generation
        return hierarchy.render_single_list(
            workspace, task_list, task_count=count, generation=generation
        )

    def tasks_of_workspace(self, workspace_id: str, query: Query) -> Any:
        """Return a page of the tasks of a workspace."""
        workspace = self.access.get_workspace(workspace_id)
        task_query = parse_task_query(query)
        task_page = self._searches[workspace.id].in_workspace(task_query)
        return self._render_page(workspace, task_page, with_markdown=task_query.with_markdown)

    def tasks_of_list(self, list_id: str, query: Query) -> Any:
        """Return a page of the tasks of a list."""
        workspace = self.access.find_by_list(list_id)
        task_query = parse_task_query(query)
        task_page = self._searches[workspace.id].in_list(list_id, task_query)
        return self._render_page(workspace, task_page, with_markdown=task_query.with_markdown)

    def task(self, task_id: str, query: Query) -> Any:
        """Return one task."""
        workspace = self.access.find_by_task(task_id)
        markdown = flag(query, "include_markdown_description")
        renderer = self._build_renderer(workspace, with_markdown=markdown, alone=True)
        return renderer.render(workspace.tasks[task_id])

    def comments(self, task_id: str, _: Query) -> Any:
        """Return the comments on a task, the latest first."""
        workspace = self.access.find_by_task(task_id)
        renderer = self._build_renderer(workspace)
        comments = workspace.comments.get(task_id, [])
        return {"comments": [renderer.render_comment(comment) for comment in reversed(comments)]}

    def time_entries(self, workspace_id: str, query: Query) -> Any:
        """Return time entries, by default those of the token's user in the last 30 days."""
        workspace = self.access.get_workspace(workspace_id)
        return {"data": TimeEntryView.of(self.access, workspace).select(query)}

    def time_in_status(self, task_id: str, _: Query) -> Any:
        """Return the time of one task in each status."""
        if not self.behaviour.time_in_status:
            raise ApiError("FEATURE_001")
        workspace = self.access.find_by_task(task_id)
        return time_in_status.render_time_in_status(
            workspace, workspace.tasks[task_id], now_ms=self._now_ms()
        )

    def bulk_time_in_status(self, _: str, query: Query) -> Any:
        """Return the same for up to a hundred tasks, without those the user cannot see."""
        if not self.behaviour.time_in_status:
            raise ApiError("FEATURE_001")
        task_ids = query.get("task_ids", [])
        if len(task_ids) > time_in_status.MAX_TASKS:
            raise ApiError("FEATURE_002")
        times = {}
        for task_id in task_ids:
            with suppress(ApiError):
                times[task_id] = self.time_in_status(task_id, query)
        return times

    def webhooks(self, workspace_id: str, _: Query) -> Any:
        """Return the webhooks that the token's user created, in any role."""
        workspace = self.access.get_workspace(workspace_id)
        return {"webhooks": webhooks.render_webhooks(workspace, user_id=self.account.user_id)}

    def _now_ms(self) -> int:
        return round(self.behaviour.clock() * 1000)

    def _find_lists(
        self, workspace: Workspace, belongs: Callable[[TaskList], bool]
    ) -> list[TaskList]:
        lists = workspace.lists.values()
        hidden = find_hidden_lists(workspace, self.behaviour)
        return [
            task_list for task_list in lists if task_list.id not in hidden and belongs(task_list)
        ]

    def _render_space(self, space: Any) -> dict[str, Any]:
        return hierarchy.render_space(space, generation=self.behaviour.generation)

    def _render_folder(self, workspace: Workspace, folder: Folder) -> dict[str, Any]:
        search = self._searches[workspace.id]
        lists = [
            hierarchy.render_list_in_folder(
                workspace, task_list, task_count=search.count(task_list.id)
            )
            for task_list in self._find_lists(
                workspace, lambda task_list: task_list.folder_id == folder.id
            )
            if not task_list.archived
        ]
        total = sum(body["task_count"] for body in lists)
        return hierarchy.render_folder(workspace, folder, lists, task_count=total)

    def _render_lists(
        self, workspace: Workspace, lists: list[TaskList], query: Query
    ) -> dict[str, Any]:
        search = self._searches[workspace.id]
        archived = flag(query, "archived")
        bodies = [
            hierarchy.render_listed_list(
                workspace, task_list, task_count=search.count(task_list.id)
            )
            for task_list in lists
            if task_list.archived == archived
        ]
        return {"lists": bodies}

    def _build_renderer(
        self, workspace: Workspace, *, with_markdown: bool = False, alone: bool = False
    ) -> TaskRenderer:
        return TaskRenderer(
            workspace,
            generation=self.behaviour.generation,
            hidden_lists=find_hidden_lists(workspace, self.behaviour),
            with_markdown=with_markdown,
            alone=alone,
        )

    def _render_page(
        self, workspace: Workspace, task_page: TaskPage, *, with_markdown: bool
    ) -> dict[str, Any]:
        renderer = self._build_renderer(workspace, with_markdown=with_markdown)
        body = {"tasks": [renderer.render(task) for task in task_page.tasks]}
        if self.behaviour.last_page == "missing" or self.behaviour.generation == 2022:
            return body
        honest = self.behaviour.last_page == "honest"
        return {**body, "last_page": honest and task_page.is_last}


WRITES: tuple[tuple[str, str, Callable[..., Any]], ...] = (
    *webhook_requests.WRITES,
    *time_entry_requests.WRITES,
)
ROUTES: tuple[tuple[str, Callable[[Routes, str, Query], Any]], ...] = (
    (r"/user", Routes.user),
    (r"/team", Routes.workspaces),
    (r"/team/([^/]+)/custom_item", Routes.task_types),
    (r"/group", Routes.groups),
    (r"/team/([^/]+)/space", Routes.spaces),
    (r"/space/([^/]+)", Routes.space),
    (r"/space/([^/]+)/folder", Routes.folders),
    (r"/folder/([^/]+)", Routes.folder),
    (r"/folder/([^/]+)/list", Routes.lists_of_folder),
    (r"/space/([^/]+)/list", Routes.lists_of_space),
    (r"/list/([^/]+)", Routes.single_list),
    (r"/team/([^/]+)/task", Routes.tasks_of_workspace),
    (r"/list/([^/]+)/task", Routes.tasks_of_list),
    (r"/task/bulk_time_in_status/task_ids", Routes.bulk_time_in_status),
    (r"/task/([^/]+)", Routes.task),
    (r"/task/([^/]+)/comment", Routes.comments),
    (r"/task/([^/]+)/time_in_status", Routes.time_in_status),
    (r"/team/([^/]+)/time_entries", Routes.time_entries),
    (r"/team/([^/]+)/webhook", Routes.webhooks),
)
