"""The workspaces, spaces and folders that the token sees, whether or not they are selected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from pandev.connection import find_unread
from pandev.tap_config import quiet_context
from tap_clickup import records
from tap_clickup.errors import ClickUpError, FatalError
from tap_clickup.fields import Fields
from tap_clickup.urls import api_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_clickup.client import Client
    from tap_clickup.workspace import Workspace


@dataclass(frozen=True)
class Folder:
    """A folder; `depth` is 0, or more for a subfolder."""

    id: str
    name: str | None
    depth: int = 0


@dataclass(frozen=True)
class Space:
    """A space and its live folders."""

    id: str
    name: str | None
    workspace_id: str
    is_archived: bool = False
    folders: tuple[Folder, ...] = ()


@dataclass(frozen=True)
class WorkspaceTree:
    """A workspace and its spaces; without `is_complete`, some of them could not be read."""

    id: str
    name: str | None
    spaces: tuple[Space, ...] = ()
    is_complete: bool = True


Scope: TypeAlias = WorkspaceTree | Space


@dataclass(frozen=True)
class ScopeTree:
    """All that the token sees, and what could not be read, a line for each."""

    workspaces: tuple[WorkspaceTree, ...]
    failures: tuple[str, ...] = ()

    @property
    def spaces(self) -> tuple[Space, ...]:
        """The spaces of all workspaces."""
        return tuple(space for workspace in self.workspaces for space in workspace.spaces)

    @property
    def scopes(self) -> list[Scope]:
        """All that can be selected."""
        return [*self.workspaces, *self.spaces]


def read_tree(config: Mapping[str, Any], *, with_folders: bool) -> ScopeTree:
    """Return the workspaces and spaces, and with a request for each live space its folders.

    Raises `ClickUpError` if the token is not accepted, or ClickUp cannot be reached.
    """
    everything = {**config, "workspace_ids": [], "space_ids": []}
    sync_context = quiet_context(everything)
    failures: list[str] = []
    workspaces = []
    for workspace in sync_context.workspaces:
        workspace.hierarchy.load_spaces()
        failures += [
            f"workspace {workspace.id}: {failure.subject} not read: {failure.reason}"
            for failure in find_unread(workspace)
        ]
        spaces = []
        for space in _spaces(workspace):
            folders: tuple[Folder, ...] = ()
            if with_folders and not space.is_archived:
                try:
                    folders = _read_folders(sync_context.client, space.id)
                except FatalError:
                    raise
                except ClickUpError as error:
                    failures.append(f"space {space.id}: folders not read: {error}")
            spaces.append(Space(space.id, space.name, workspace.id, space.is_archived, folders))
        workspaces.append(
            WorkspaceTree(
                workspace.id,
                Fields(workspace.payload).text("name"),
                tuple(spaces),
                workspace.hierarchy.spaces_complete,
            )
        )
    return ScopeTree(tuple(workspaces), tuple(failures))


def _spaces(workspace: Workspace) -> Iterator[Space]:
    for row in workspace.hierarchy.spaces:
        space = row.record
        yield Space(space["id"], space["name"], workspace.id, space["archived"])


def _read_folders(client: Client, space_id: str) -> tuple[Folder, ...]:
    """Return the live folders of a space, each before its subfolders.

    https://developer.clickup.com/reference/getfolders
    """
    path = f"{api_path('space', space_id)}/folder"
    response = client.get(path, [("archived", "false")], required_key="folders")
    items = [Fields(item) for item in response.body["folders"]]
    folders = {item.id: item for item in items if item.id}
    parents = {folder_id: records.parent_folder_id(item) for folder_id, item in folders.items()}

    def below(parent_id: str | None, depth: int) -> Iterator[Folder]:
        for folder_id, item in folders.items():
            known_parent = parents[folder_id] if parents[folder_id] in folders else None
            if known_parent == parent_id:
                yield Folder(folder_id, item.text("name"), depth)
                yield from below(folder_id, depth + 1)

    return tuple(below(None, 0))
