"""Read tasks from ClickUp as the tap would emit them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from singer_sdk.singerlib import RecordMessage

from pandev.verification.causes import LiveTask
from tap_clickup.errors import (
    UNEXPECTED_SHAPE_ERRORS,
    AccessDeniedError,
    ConfigurationError,
    OtherWorkspaceError,
    unexpected_shape_error,
)
from tap_clickup.readers.single_task import read_single_task
from tap_clickup.sync_report import SyncReport

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from tap_clickup.extracted import ExtractedRecord
    from tap_clickup.streams.base import ClickUpStream
    from tap_clickup.sync import SyncContext

GONE = "deleted in ClickUp, or hidden from the token's user"


class LiveTasks:
    """The tasks of ClickUp; `stream` is the tap's own, with its stream maps."""

    def __init__(self, sync_context: SyncContext, stream: ClickUpStream) -> None:
        self._context = sync_context
        self._stream = stream
        self.table = _find_table(stream)

    def read(self, workspace_id: str, task_id: str) -> LiveTask:
        """Return a task as it is now. Raises `ClickUpError` if that cannot be read."""
        try:
            extracted = read_single_task(
                self._context.client,
                task_id,
                report=SyncReport(workspace_id),
                custom_fields=self._context.config["custom_fields"],
            )
        except OtherWorkspaceError as error:
            return LiveTask(hidden=str(error))
        except AccessDeniedError:
            return LiveTask(hidden=GONE)
        except UNEXPECTED_SHAPE_ERRORS as error:
            raise unexpected_shape_error(error) from error
        return self.emit(extracted)

    def emit(self, extracted: ExtractedRecord) -> LiveTask:
        """Return what the tap emits for a task that was read."""
        record = extracted.record
        space_id = record["space_id"]
        if not self._context.selection.includes_space(space_id):
            return LiveTask(hidden=f"in space {space_id}, which is not selected")
        emitted = self._map(extracted)
        return LiveTask(
            record=emitted,
            hidden="" if emitted is not None else "left out by stream_maps",
            date_updated=record["date_updated"],
            space_id=space_id,
            list_id=record["list_id"],
        )

    def _map(self, extracted: ExtractedRecord) -> Mapping[str, Any] | None:
        for message in self._stream.messages([extracted]):
            if isinstance(message, RecordMessage) and message.stream == self.table:
                return message.record
        return None


def _find_table(stream: ClickUpStream) -> str:
    """Return the first name under which a stream is written with its key as it is.

    Raises `ConfigurationError` if there is none.
    """
    obstacles = stream.obstacles(stream.primary_keys)
    for name, obstacle in obstacles.items():
        if obstacle is None:
            return name
    reasons = "; ".join(str(obstacle) for obstacle in obstacles.values())
    raise ConfigurationError(
        f"stored tasks cannot be found by their ids: {reasons or 'stream_maps removes tasks'}"
    )
