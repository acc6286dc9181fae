"""Users: the members of a workspace, and users who have left it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from tap_clickup import records
from tap_clickup.extracted import ExtractedRecord
from tap_clickup.read_scope import ReadScope
from tap_clickup.streams.base import ClickUpStream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tap_clickup.sync_report import Converted
    from tap_clickup.workspace import Workspace


class Users(ClickUpStream):
    """Members of the workspaces, and users on tasks or time entries who have left."""

    name = "users"
    primary_keys = ("workspace_id", "id")

    def read(self, workspace: Workspace) -> Iterator[ExtractedRecord]:
        """Yield the members with their role, then the former members."""
        members = workspace.members
        former = [
            user for user_id, user in sorted(workspace.seen_users.items()) if user_id not in members
        ]
        converted = self._convert(workspace, workspace.member_fields, records.member)
        former_users = self._convert(workspace, former, records.former_member)
        for record in (*converted.values, *former_users.values):
            yield ExtractedRecord(record, workspace.requested_at)
        if converted.unidentified_count:
            return
        if self.sync_context.client.user_id in members:  # else ClickUp does not list the members
            scope = ReadScope(self.name, workspace.requested_at, {"is_member": {"in": [True]}})
            workspace.add_completed_read(scope, [(user_id,) for user_id in members])

    def _convert(
        self, workspace: Workspace, users: Sequence[Any], convert: Callable[..., dict[str, Any]]
    ) -> Converted[dict[str, Any]]:
        convert_user = partial(
            convert,
            workspace_id=workspace.id,
            service_user_id=self.sync_context.client.user_id,
        )
        return workspace.report.convert_all(self.name, users, convert_user, place="GET /team")
