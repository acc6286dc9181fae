"""The sync of one workspace's tasks: what was read, and the bookmarks. Sends no request itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tap_clickup.conversions import format_timestamp
from tap_clickup.readers.task_reader import PASSES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from tap_clickup.readers.task_reader import Page, TaskReader
    from tap_clickup.sync_report import ReadFailure

REPLICATION_KEY = "date_updated"


@dataclass
class PollProgress:
    """The progress of a run that reads the tasks updated since its bookmarks.

    `state` is the workspace's part of the state of tasks; `started_at` the time of the run.
    """

    state: dict[str, Any]
    started_at: datetime
    task_count: int = 0

    def page_read(self, page: Page) -> None:
        """Count the tasks of a page, and advance the bookmark of its pass."""
        self.task_count += len(page.task_ids)
        if page.source in PASSES and page.complete_until:
            # A task cannot have been edited after the run started, whatever its date says.
            self._advance_bookmark(
                page.source, min(page.complete_until, format_timestamp(self.started_at))
            )

    def _advance_bookmark(self, pass_name: str, until: str) -> None:
        """Advance a pass's bookmark, never back. Singer tools see the earliest bookmark."""
        cursors = self.state["cursors"]
        if until > cursors.get(pass_name, ""):
            cursors[pass_name] = until
            self.state["replication_key"] = REPLICATION_KEY
            self.state["replication_key_value"] = min(cursors.values())


@dataclass
class SweepProgress:
    """The progress of a run that reads all tasks: their ids, and how many are live.

    The ids include those of odd tasks: they exist.
    """

    task_ids: set[str] = field(default_factory=set)
    live_count: int = 0

    @property
    def task_count(self) -> int:
        """The number of tasks read."""
        return len(self.task_ids)

    def page_read(self, page: Page) -> None:
        """Add the tasks of a page, also the odd ones."""
        self.task_ids.update(page.task_ids, page.left_out_ids)
        if page.source == "live":
            self.live_count += len(page.task_ids)


@dataclass
class TaskSync:
    """The sync of one workspace's tasks, started at `started_at`.

    `pages` arrive from the iterators of `reader`, which leave out the `known_archives`.
    `list_spaces` are the lists of the tasks read, with their spaces. `custom_fields` are the
    identifiers of the custom fields of the tasks read. `late_failures` are those of the second look
    at the hierarchy, at the end of a sweep. `finished` is set once all pages were read.
    """

    reader: TaskReader
    pages: Iterable[Page]
    started_at: datetime
    progress: PollProgress | SweepProgress
    known_archives: Mapping[str, str]
    list_spaces: dict[str, str | None] = field(default_factory=dict)
    custom_fields: set[str] = field(default_factory=set)
    late_failures: list[ReadFailure] = field(default_factory=list)
    finished: bool = False

    @property
    def failures(self) -> list[ReadFailure]:
        """What could not be read."""
        return [*self.reader.failures, *self.late_failures]

    @property
    def is_initial(self) -> bool:
        """Whether all tasks are read: in a sweep, and in the first run."""
        return not self.reader.bookmarks

    @property
    def live_start(self) -> datetime | None:
        """The update date from which live tasks are read; None in a sweep."""
        if self.reader.is_sweep:
            return None
        return self.reader.bookmarks.get("live", self.reader.start_date)

    @property
    def has_retryable_failures(self) -> bool:
        """Whether another run may read more."""
        return not self.finished or any(failure.retryable for failure in self.failures)

    def page_read(self, page: Page) -> None:
        """Add a page whose records have been emitted."""
        self.custom_fields |= page.custom_fields
        self.list_spaces |= page.list_spaces
        self.progress.page_read(page)
