"""User groups, which ClickUp's pages call teams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_clickup import records
from tap_clickup.fields import Fields
from tap_clickup.streams.base import SingleResponseStream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_clickup.streams.base import RequestTarget
    from tap_clickup.workspace import Workspace


class Groups(SingleResponseStream):
    """The user groups of a workspace, with the ids of their members."""

    name = "groups"
    response_key = "groups"

    def request_target(self, workspace: Workspace) -> RequestTarget:
        """Return the path, and the workspace as its parameter."""
        return "/group", [("team_id", workspace.id)]

    def select(self, items: Sequence[Any], workspace: Workspace) -> Sequence[Any]:
        """Return the groups of the workspace: ClickUp's example has one of another as well."""
        own = {None, workspace.id}
        return [item for item in items if Fields(item).identifier("team_id") in own]

    def record(self, item: Fields, *, workspace_id: str) -> dict[str, Any]:
        """Return the record of a group."""
        return records.group(item, workspace_id=workspace_id)
