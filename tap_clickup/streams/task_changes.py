"""Changes of tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_clickup.streams.base import ClickUpStream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_clickup.extracted import ExtractedRecord
    from tap_clickup.workspace import Workspace


class TaskChanges(ClickUpStream):
    """A field of a task changed from one value to another: when, and who changed it.

    The API has no request for past changes. Only webhooks report them, so clickup-receiver makes
    these records.
    https://developer.clickup.com/docs/webhooktaskpayloads
    """

    name = "task_changes"
    primary_keys = ("workspace_id", "id")

    def read(self, _workspace: Workspace) -> Iterator[ExtractedRecord]:
        """Yield nothing."""
        yield from ()
