"""Read one task from ClickUp by its id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_clickup import records
from tap_clickup.conversions import id_to_str
from tap_clickup.errors import OtherWorkspaceError
from tap_clickup.extracted import ExtractedRecord
from tap_clickup.urls import api_path

if TYPE_CHECKING:
    from collections.abc import Collection

    from tap_clickup.client import Client
    from tap_clickup.fields import Json
    from tap_clickup.sync_report import SyncReport


def read_single_task(
    client: Client, task_id: str, *, report: SyncReport, custom_fields: Collection[str] = ()
) -> ExtractedRecord:
    """Return a task of the report's workspace, which names its odd fields.

    Raises `AccessDeniedError`, as `OtherWorkspaceError` for a task of another workspace, and for an
    unexpected response `UnexpectedResponseError` or one of the `UNEXPECTED_SHAPE_ERRORS`.
    https://developer.clickup.com/reference/gettask
    """
    workspace_id = report.workspace_id
    response = client.get(api_path("task", task_id))
    check_workspace(response.body, workspace_id)
    with report.name_odd_fields("tasks", response.body, name=task_id) as fields:
        record = records.task(fields, workspace_id=workspace_id, custom_fields=custom_fields)
    return ExtractedRecord(record, response.requested_at)


def check_workspace(task: Json, workspace_id: str) -> None:
    """Raise `OtherWorkspaceError` for a task of another workspace."""
    actual_id = id_to_str(task.get("team_id"))
    if actual_id not in (None, workspace_id):
        raise OtherWorkspaceError(f"it belongs to workspace {actual_id}")
