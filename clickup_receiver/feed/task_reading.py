"""Read the tasks that many pending events changed, by pages that successive batches share.

A storm of events concerns the same pages again and again, as ClickUp sorts by the latest change. So
a reading goes on from batch to batch, and keeps which versions it has loaded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tap_clickup.extracted import ExtractedRecord

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from tap_clickup.readers.task_reader import Page

MAX_SINGLE_READS = 5
"""More tasks than this are read by pages of a hundred instead of individually."""
MAX_PAGES_PER_BATCH = 50
"""Their records are in memory together."""


@dataclass(frozen=True)
class TaskChange:
    """The latest change of a task, "" if unknown, and the receipt of its latest untimed event."""

    changed_at: str
    untimed_at: datetime | None = None


@dataclass(frozen=True)
class TaskVersion:
    """Which version of a task was read, and when that was requested."""

    date_updated: str
    requested_at: datetime

    def includes(self, change: TaskChange) -> bool:
        """Return whether the change was made before this version was read."""
        if change.untimed_at and self.requested_at <= change.untimed_at:
            return False
        return self.date_updated >= change.changed_at


class TaskReading:
    """The tasks updated since `start`, oldest change first, as `pages` yields them.

    Batches share it only while all tasks that it returned are loaded: it returns no task twice.
    """

    def __init__(
        self, start: datetime, pages: Iterator[Page], versions: dict[str, TaskVersion]
    ) -> None:
        """Prepare a reading; `versions` are those of an earlier one, by task id."""
        self.start = start
        self.is_finished = False
        self.page_count = 0
        self.loaded_events = 0
        """How many events the batches that shared it have loaded."""
        self.max_pages = 0
        self.versions = versions
        self._pages = self._until_end(pages)

    def missing(self, changes: Mapping[str, TaskChange]) -> dict[str, TaskChange]:
        """Return the changes that no version read so far includes, by task id.

        ClickUp's index may lag, so a task may have been read as it was before its event.
        """
        return {
            task_id: change
            for task_id, change in changes.items()
            if not (version := self.versions.get(task_id)) or not version.includes(change)
        }

    def read(self, changes: Mapping[str, TaskChange]) -> Iterator[ExtractedRecord]:
        """Yield further tasks until few of the changes are missing, for a limited number of pages.

        Raises what the pages raise; the reading is finished then.
        """
        missing = self.missing(changes)
        last_page = min(self.max_pages, self.page_count + MAX_PAGES_PER_BATCH)
        while len(missing) > MAX_SINGLE_READS and self.page_count < last_page:
            page = next(self._pages, None)
            if page is None:
                return
            self.page_count += 1
            for record in page.records:
                task = ExtractedRecord(record, page.requested_at)
                version = self.keep(task)
                if (change := missing.get(record["id"])) and version.includes(change):
                    del missing[record["id"]]
                yield task

    def keep(self, task: ExtractedRecord) -> TaskVersion:
        """Keep and return the version of a task."""
        version = TaskVersion(task.record["date_updated"] or "", task.extracted_at)
        self.versions[task.record["id"]] = version
        return version

    @property
    def has_more(self) -> bool:
        """Whether there are further pages, within `max_pages` in all."""
        return not self.is_finished and self.page_count < self.max_pages

    def _until_end(self, pages: Iterator[Page]) -> Iterator[Page]:
        try:
            yield from pages
        finally:
            self.is_finished = True
