"""Users: the members of a workspace, and users who have left it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_clickup import records
from tap_clickup.extracted import ExtractedRecord
from tap_clickup.read_scope import ReadScope
from tap_clickup.streams.base import ClickUpStream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_clickup.workspace import Workspace


class Users(ClickUpStream):
    """Members of the workspaces, and users on tasks or time entries who have left."""

    name = "users"
    primary_keys = ("workspace_id", "id")

    def read(self, workspace: Workspace) -> Iterator[ExtractedRecord]:
        """Yield the members with their role, then the former members."""
        members = workspace.members
        for member in workspace.payload.get("members") or ():
            record = records.member(member["user"], workspace_id=workspace.id)
            yield ExtractedRecord(record, workspace.requested_at)
        for user_id, user in sorted(workspace.seen_users.items()):
            if user_id not in members:
                record = records.former_member(user, workspace_id=workspace.id)
                yield ExtractedRecord(record, workspace.requested_at)
        if self.sync_context.client.user_id in members:  # else ClickUp does not list the members
            scope = ReadScope(self.name, workspace.requested_at, {"is_member": {"in": [True]}})
            workspace.add_completed_read(scope, [(user_id,) for user_id in members])
