"""Task types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_clickup import records
from tap_clickup.streams.base import SingleResponseStream
from tap_clickup.urls import api_path

if TYPE_CHECKING:
    from tap_clickup.fields import Fields
    from tap_clickup.streams.base import RequestTarget
    from tap_clickup.workspace import Workspace


class TaskTypes(SingleResponseStream):
    """The task types that a workspace has defined. ClickUp does not list its default type, 0."""

    name = "task_types"
    response_key = "custom_items"

    def request_target(self, workspace: Workspace) -> RequestTarget:
        """Return the path, without parameters."""
        return api_path("team", workspace.id, "custom_item"), ()

    def record(self, item: Fields, *, workspace_id: str) -> dict[str, Any]:
        """Return the record of a task type."""
        return records.task_type(item, workspace_id=workspace_id)
