"""Read tasks from ClickUp as the tap would emit them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pandev.verification.causes import LiveRecord
from pandev.verification.mapped_stream import MappedStream
from tap_clickup.errors import (
    UNEXPECTED_SHAPE_ERRORS,
    AccessDeniedError,
    OtherWorkspaceError,
    unexpected_shape_error,
)
from tap_clickup.readers.single_task import read_single_task
from tap_clickup.sync_report import SyncReport

if TYPE_CHECKING:
    from tap_clickup.extracted import ExtractedRecord
    from tap_clickup.streams.base import ClickUpStream
    from tap_clickup.sync import SyncContext

GONE = "deleted in ClickUp, or hidden from the token's user"


class LiveTasks:
    """The tasks of ClickUp; `stream` is the tap's own, with its stream maps."""

    def __init__(self, sync_context: SyncContext, stream: ClickUpStream) -> None:
        self._context = sync_context
        self._mapped = MappedStream(stream)
        self.table = self._mapped.table

    def read(self, workspace_id: str, task_id: str) -> LiveRecord:
        """Return a task as it is now. Raises `ClickUpError` if that cannot be read."""
        try:
            extracted = read_single_task(
                self._context.client,
                task_id,
                report=SyncReport(workspace_id),
                custom_fields=self._context.config["custom_fields"],
            )
        except OtherWorkspaceError as error:
            return LiveRecord(hidden=str(error))
        except AccessDeniedError:
            return LiveRecord(hidden=GONE)
        except UNEXPECTED_SHAPE_ERRORS as error:
            raise unexpected_shape_error(error) from error
        return self.emit(extracted)

    def emit(self, extracted: ExtractedRecord) -> LiveRecord:
        """Return what the tap emits for a task that was read."""
        record = extracted.record
        space_id = record["space_id"]
        if not self._context.selection.includes_space(space_id):
            return LiveRecord(hidden=f"in space {space_id}, which is not selected")
        emitted = self._mapped.map(extracted)
        return LiveRecord(
            record=emitted,
            hidden="" if emitted is not None else "left out by stream_maps",
            date_updated=record["date_updated"],
            space_id=space_id,
            list_id=record["list_id"],
        )
