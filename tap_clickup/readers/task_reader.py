"""Pages of tasks: live ones, archived ones, those in archived places, as they come from ClickUp.

What is read here runs in threads beside each other; the stream `tasks` makes messages and state of
it in one.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from itertools import chain, product
from threading import Event
from typing import TYPE_CHECKING, Any

from tap_clickup import records
from tap_clickup.conversions import to_epoch_ms, to_iso_timestamp
from tap_clickup.custom_fields import names
from tap_clickup.errors import UnexpectedResponseError
from tap_clickup.keyset import Keyset, ResponseMismatchError, date_ms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from tap_clickup.client import Client
    from tap_clickup.records import Json
    from tap_clickup.sync_report import ReadFailure
    from tap_clickup.workspace import Workspace

PASSES = {"live": False, "archived": True}
"""The readings of a workspace's tasks, by the value of ClickUp's `archived`."""
LANES = 2
"""How many archived lists are read beside each other."""

logger = logging.getLogger("tap-clickup")


@dataclass(frozen=True)
class Page:
    """The tasks of an answer that are new: their records, all their ids, the people they name.

    `reached` is the date in the order of reading up to which everything has been read.
    """

    source: str
    records: list[dict[str, Any]]
    task_ids: list[str]
    seen_users: list[Json]
    custom_fields: set[str]
    reached: str | None
    requested_at: datetime


@dataclass(frozen=True)
class TaskReader:
    """The readings of the tasks of one workspace.

    `starts` are the dates of update from which the passes read; a sweep has none, it reads all by
    date of creation. `start` is the start date: what was updated before is not among the records.
    """

    client: Client
    workspace: Workspace
    space_ids: tuple[str, ...]
    custom_fields: tuple[str, ...]
    start: datetime
    starts: Mapping[str, datetime]
    sweeps: bool
    gaps: list[ReadFailure] = field(default_factory=list)
    """What these readings did not get; none stops the others."""
    stopped: Event = field(default_factory=Event)
    """Whether nobody takes any more pages."""

    def readings(self, *, known_archives: str | None) -> list[Iterator[Page]]:
        """Return what runs beside each other: the passes, and the archived lists in lanes.

        A sweep reads one after the other, so that what moves meanwhile is found by a later one.
        """
        passes = [self._pass(name) for name in PASSES]
        lanes = [self._archives(known_archives, lane=lane) for lane in range(LANES)]
        return [chain(*lanes, *passes)] if self.sweeps else [*passes, *lanes]

    def updated_since(self, at: datetime) -> Iterator[Page]:
        """Read the tasks of both passes that were updated since a moment."""
        for archived in PASSES.values():
            keyset = Keyset(to_epoch_ms(at), self.space_ids, archived)
            yield from self._of_workspace(keyset, source="changes")

    def in_lists(self, list_ids: Iterable[str]) -> Iterator[Page]:
        """Read the tasks of lists one by one, live and archived ones; report a list that fails."""
        for list_id, archived in product(list_ids, PASSES.values()):
            if not self.stopped.is_set():
                what = f"tasks of archived list {list_id}"
                with self.workspace.report.capture_errors(what, self.gaps):
                    keyset = self._keyset((), archived=archived, start=self.start)
                    yield from self._read_all(keyset, path=f"/list/{list_id}/task", source="list")

    def _pass(self, name: str) -> Iterator[Page]:
        keyset = self._keyset(
            self.space_ids, archived=PASSES[name], start=self.starts.get(name, self.start)
        )
        return self._of_workspace(keyset, source=name)

    def _keyset(self, space_ids: tuple[str, ...], *, archived: bool, start: datetime) -> Keyset:
        if self.sweeps:
            return Keyset(0, space_ids, archived, by="created")
        return Keyset(to_epoch_ms(start), space_ids, archived)

    def _archives(self, known: str | None, *, lane: int) -> Iterator[Page]:
        """Walk the hierarchy, then read the archived lists of a lane, unless they are as known."""
        hierarchy = self.workspace.hierarchy
        hierarchy.walk()
        same = not hierarchy.include_archived_lists or known == hierarchy.archived_lists_digest
        if self.sweeps or not same:
            yield from self.in_lists(hierarchy.archived_list_ids[lane::LANES])

    def _of_workspace(self, keyset: Keyset, *, source: str) -> Iterator[Page]:
        return self._read_all(keyset, path=f"/team/{self.workspace.id}/task", source=source)

    def _read_all(self, keyset: Keyset, *, path: str, source: str) -> Iterator[Page]:
        while question := keyset.question:
            answer = self.client.get(path, question.params, required_key="tasks")
            last_page = answer.body.get("last_page")
            try:
                tasks = list(keyset.answered(answer.body["tasks"], last_page=last_page))
            except ResponseMismatchError as error:
                raise UnexpectedResponseError(f"GET {path}: {error}") from error
            yield self._page(tasks, keyset=keyset, source=source, requested_at=answer.requested_at)
        if keyset.stopped_short:
            logger.warning(
                "workspace %s: ClickUp promised further tasks and sent none", self.workspace.id
            )

    def _page(
        self, tasks: list[Json], *, keyset: Keyset, source: str, requested_at: datetime
    ) -> Page:
        found = [
            records.task(task, workspace_id=self.workspace.id, custom_fields=self.custom_fields)
            for task in tasks
        ]
        dates = [at for task in tasks if (at := date_ms(task, keyset.by)) is not None]
        return Page(
            source=source,
            records=self._since_start(found) if self.sweeps else found,
            task_ids=[record["id"] for record in found],
            seen_users=[user for task in tasks for user in records.people(task)],
            custom_fields=set().union(*map(names, tasks)) if self.custom_fields else set(),
            reached=to_iso_timestamp(max(dates)) if dates else None,
            requested_at=requested_at,
        )

    def _since_start(self, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Leave out what a sweep reads only to count it."""
        start = to_iso_timestamp(to_epoch_ms(self.start)) or ""
        return [record for record in found if (record["date_updated"] or start) >= start]
