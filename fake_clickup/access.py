"""Permissions of the token's user: look-ups that raise the error of an inaccessible object."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .error_codes import ApiError

if TYPE_CHECKING:
    from .account import Account
    from .behaviour import Behaviour
    from .model import Workspace
    from .storage import ObjectKind

LIST_ID = re.compile(r"0|[1-9][0-9]*")
TASK_ID = re.compile(r"[0-9a-z]+")
UNKNOWN_OBJECT = "OAUTH_018"
UNKNOWN_LIST = "OAUTH_027"


def find_hidden_lists(workspace: Workspace, behaviour: Behaviour) -> frozenset[str]:
    """Return the ids of the lists that are hidden from the user, or are in a hidden space."""
    lists = workspace.lists.values() if behaviour.hidden_spaces else ()
    in_hidden_spaces = [
        task_list.id for task_list in lists if task_list.space_id in behaviour.hidden_spaces
    ]
    return frozenset((*behaviour.hidden_lists, *in_hidden_spaces))


class Access:
    """Finds the workspace of a requested object; the caller must hold the account's lock.

    A hidden object gives the same error as one that does not exist, as in ClickUp.
    """

    def __init__(self, account: Account, behaviour: Behaviour) -> None:
        self.account = account
        self.behaviour = behaviour
        self._workspaces = {workspace.id: workspace for workspace in account.workspaces}

    def check_id(self, path: str, object_id: str) -> None:
        """Raise the errors that ClickUp returns before it counts the request."""
        if path.startswith("/list/") and not LIST_ID.fullmatch(object_id):
            raise ApiError("INPUT_003")
        existing = {*self._workspaces, *self.account.foreign_workspaces}
        if path.startswith("/team/") and object_id not in existing:
            raise ApiError("SHARD_031")

    def get_workspace(self, workspace_id: str) -> Workspace:
        """Return a workspace of the user."""
        if workspace_id in self.account.foreign_workspaces:
            raise ApiError("OAUTH_056")
        if workspace_id not in self._workspaces:
            raise ApiError("SHARD_031")
        return self._workspaces[workspace_id]

    def find_by_space(self, space_id: str) -> Workspace:
        """Return the workspace of a space."""
        if any(space_id in workspace.deleted_space_ids for workspace in self.account.workspaces):
            raise ApiError("PROJ_006")
        return self._find_visible("spaces", space_id, space_id)

    def find_by_folder(self, folder_id: str) -> Workspace:
        """Return the workspace of a folder."""
        workspace = self._find("folders", folder_id, code=UNKNOWN_OBJECT)
        return self._find_visible("folders", folder_id, workspace.folders[folder_id].space_id)

    def find_by_list(self, list_id: str) -> Workspace:
        """Return the workspace of a list."""
        workspace = self._find("lists", list_id, code=UNKNOWN_LIST)
        if list_id in find_hidden_lists(workspace, self.behaviour):
            raise ApiError(UNKNOWN_LIST)
        return workspace

    def find_by_task(self, task_id: str) -> Workspace:
        """Return the workspace of a task."""
        if not TASK_ID.fullmatch(task_id):
            raise ApiError("OAUTH_027")
        workspace = self._find("tasks", task_id, code=UNKNOWN_OBJECT)
        if workspace.tasks[task_id].list_id in find_hidden_lists(workspace, self.behaviour):
            raise ApiError(UNKNOWN_OBJECT)
        return workspace

    def _find_visible(self, kind: ObjectKind, object_id: str, space_id: str) -> Workspace:
        if space_id in self.behaviour.hidden_spaces:
            raise ApiError(UNKNOWN_OBJECT)
        return self._find(kind, object_id, code=UNKNOWN_OBJECT)

    def _find(self, kind: ObjectKind, object_id: str, *, code: str) -> Workspace:
        try:
            return self.account.workspace_with(kind, object_id)
        except KeyError as error:
            raise ApiError(code) from error
