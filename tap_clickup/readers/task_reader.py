"""Read pages of tasks from ClickUp: live tasks, archived tasks, and the tasks of archived lists.

The page iterators run concurrently, each in a thread; the stream `tasks` turns their pages into
messages and state in the main thread.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from itertools import chain, product
from threading import Event
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from tap_clickup import records
from tap_clickup.conversions import id_to_str, parse_boolean, to_epoch_ms, to_iso_timestamp
from tap_clickup.custom_fields import field_identifiers
from tap_clickup.errors import OddFieldError, UnexpectedResponseError
from tap_clickup.fields import Fields
from tap_clickup.keyset import PAGE_SIZE, Keyset, ResponseMismatchError, date_ms
from tap_clickup.task_shape import TASK_PAGE, TASK_PAGE_WITH_CUSTOM_FIELDS
from tap_clickup.urls import api_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from tap_clickup.client import Client
    from tap_clickup.fields import Json
    from tap_clickup.sync_report import ReadFailure
    from tap_clickup.workspace import Workspace

Pass: TypeAlias = Literal["live", "archived"]
Source: TypeAlias = Literal["live", "archived", "archived list", "changes"]
"""The pass that returned a page, or the request outside the passes."""
PASSES: dict[Pass, bool] = {"live": False, "archived": True}
"""The passes over a workspace's tasks, with the value of ClickUp's parameter `archived`."""
ARCHIVED_LIST_WORKERS = 2
"""How many archived lists are read concurrently."""

logger = logging.getLogger("tap-clickup")


class TaskResponse(NamedTuple):
    """The tasks of a response that were not seen before, and when its request was sent.

    `unidentified` are the tasks without a readable id, which may have been seen before.
    """

    tasks: list[Json]
    requested_at: datetime
    unidentified: list[Any]


def fetch_next_page(
    client: Client, path: str, keyset: Keyset, *, custom_fields: bool = False
) -> TaskResponse | None:
    """Send the next query of a keyset and return its new tasks, or None after the last page.

    The tasks have the keys of their records, and their custom fields if these are wanted.
    Raises `UnexpectedResponseError` if the response does not match the query.
    https://developer.clickup.com/reference/getfilteredteamtasks
    """
    query = keyset.next_query
    if query is None:
        return None
    shape = TASK_PAGE_WITH_CUSTOM_FIELDS if custom_fields else TASK_PAGE
    response = client.get(path, query.params, required_key="tasks", shape=shape)
    items: list[Any] = response.body["tasks"]
    identified, unidentified = _split_by_id(items)
    if len(items) >= PAGE_SIZE and not identified:
        raise UnexpectedResponseError(f"GET {path}: none of {len(items)} tasks has a readable id")
    last_page = parse_boolean(response.body.get("last_page"))
    if last_page is None:  # responses of 2022 lack it
        last_page = len(items) < PAGE_SIZE
    try:
        tasks = list(keyset.receive_page(identified, last_page=last_page))
    except ResponseMismatchError as error:
        raise UnexpectedResponseError(f"GET {path}: {error}") from error
    return TaskResponse(tasks, response.requested_at, unidentified)


def _split_by_id(items: list[Any]) -> tuple[list[Json], list[Any]]:
    """Return the tasks with a readable id, and the others."""
    identified: list[Json] = []
    unidentified: list[Any] = []
    for item in items:
        has_id = isinstance(item, dict) and id_to_str(item.get("id")) is not None
        (identified if has_id else unidentified).append(item)
    return identified, unidentified


def fetch_first_page(
    client: Client, workspace_id: str, *, space_ids: tuple[str, ...], since: datetime
) -> list[Json]:
    """Return up to 100 live tasks of a workspace updated at or after `since`, oldest first.

    Without `space_ids`, of all spaces. Raises `UnexpectedResponseError` if the response does not
    match the query.
    """
    keyset = Keyset(to_epoch_ms(since), space_ids)
    response = fetch_next_page(client, api_path("team", workspace_id, "task"), keyset)
    return response.tasks if response else []


@dataclass(frozen=True)
class Page:
    """The new tasks of a response: their records, all their ids and the users named in them.

    `left_out_ids` are tasks that exist and are odd, `list_spaces` the lists of the tasks with their
    spaces. `complete_until` is the date, by which tasks are ordered, up to which the source has
    been read completely.
    """

    source: Source
    records: list[dict[str, Any]]
    task_ids: list[str]
    left_out_ids: list[str]
    seen_users: list[Json]
    custom_fields: set[str]
    list_spaces: dict[str, str | None]
    complete_until: str | None
    requested_at: datetime


@dataclass(frozen=True)
class TaskReader:
    """Reads the tasks of one workspace.

    `bookmarks` are the update dates from which the passes read. A sweep has none: it reads all
    tasks by date of creation, and returns no records of tasks updated before `start_date`.
    """

    client: Client
    workspace: Workspace
    space_ids: tuple[str, ...]
    custom_fields: tuple[str, ...]
    start_date: datetime
    bookmarks: Mapping[str, datetime]
    is_sweep: bool
    failures: list[ReadFailure] = field(default_factory=list)
    """Archived lists that could not be read, and tasks without a readable id: the ids are not all
    known. The other lists and tasks are read nevertheless."""
    stopped: Event = field(default_factory=Event)
    """Set when no further pages will be used."""

    def page_iterators(self, *, known_archives: Mapping[str, str]) -> list[Iterator[Page]]:
        """Return iterators to run concurrently: one per pass, and the workers of archived lists.

        A sweep gets one iterator that reads them in sequence, so that a task moved meanwhile is
        found by a later one. `known_archives` are the digests of the archived lists that need not
        be read again, by space id.
        """
        passes = [self._read_pass(name) for name in PASSES]
        workers = [
            self._read_archived_lists({} if self.is_sweep else known_archives, worker=worker)
            for worker in range(ARCHIVED_LIST_WORKERS)
        ]
        return [chain(*workers, *passes)] if self.is_sweep else [*passes, *workers]

    def updated_since(self, since: datetime) -> Iterator[Page]:
        """Yield the pages of live and archived tasks updated at or after `since`."""
        for archived in PASSES.values():
            keyset = Keyset(to_epoch_ms(since), self.space_ids, archived)
            yield from self._read_workspace(keyset, source="changes")

    def read_lists(self, list_ids: Iterable[str]) -> Iterator[Page]:
        """Yield the pages of each list, live and archived tasks; record a list that fails."""
        for list_id, archived in product(list_ids, PASSES.values()):
            if self.stopped.is_set():
                return
            subject = f"tasks of archived list {list_id}"
            with self.workspace.report.capture_errors(subject, on_failure=self.failures.append):
                keyset = self._keyset((), archived=archived, start=self.start_date)
                yield from self._read_pages(
                    keyset, path=api_path("list", list_id, "task"), source="archived list"
                )

    def _read_pass(self, name: Pass) -> Iterator[Page]:
        start = self.bookmarks.get(name, self.start_date)
        keyset = self._keyset(self.space_ids, archived=PASSES[name], start=start)
        return self._read_workspace(keyset, source=name)

    def _keyset(self, space_ids: tuple[str, ...], *, archived: bool, start: datetime) -> Keyset:
        if self.is_sweep:
            return Keyset(0, space_ids, archived, order_by="created")
        return Keyset(to_epoch_ms(start), space_ids, archived)

    def _read_archived_lists(
        self, known_archives: Mapping[str, str], *, worker: int
    ) -> Iterator[Page]:
        """Walk the hierarchy, then read a worker's share of the archived lists that changed."""
        hierarchy = self.workspace.hierarchy
        hierarchy.walk()
        unread = hierarchy.unread_archived_lists(known_archives)
        yield from self.read_lists(unread[worker::ARCHIVED_LIST_WORKERS])

    def _read_workspace(self, keyset: Keyset, *, source: Source) -> Iterator[Page]:
        path = api_path("team", self.workspace.id, "task")
        return self._read_pages(keyset, path=path, source=source)

    def _read_pages(self, keyset: Keyset, *, path: str, source: Source) -> Iterator[Page]:
        wants_custom_fields = bool(self.custom_fields)
        while response := fetch_next_page(
            self.client, path, keyset, custom_fields=wants_custom_fields
        ):
            yield self._page(response, path=path, keyset=keyset, source=source)
        if keyset.truncated:
            logger.warning(
                "workspace %s: ClickUp announced further tasks and sent none", self.workspace.id
            )

    def _page(self, response: TaskResponse, *, path: str, keyset: Keyset, source: Source) -> Page:
        report = self.workspace.report
        place = f"GET {path}"
        for item in response.unidentified:
            with report.guard(
                "tasks", item, place=place, on_failure=self.failures.append
            ) as fields:
                self._record(fields, keyset)
        tasks = response.tasks
        defaults = {"archived": keyset.archived}
        identified = [Fields(task, defaults=defaults) for task in tasks]
        converted = report.convert_all(
            "tasks", identified, lambda fields: self._record(fields, keyset), place=place
        )
        task_records = converted.values
        timestamps = [at for task in tasks if (at := date_ms(task, keyset.order_by)) is not None]
        identifiers: set[str] = set()
        if self.custom_fields:
            identifiers.update(*map(field_identifiers, tasks))
        return Page(
            source=source,
            records=self._since_start_date(task_records) if self.is_sweep else task_records,
            task_ids=[record["id"] for record in task_records],
            left_out_ids=converted.left_out_ids,
            seen_users=[user for task in tasks for user in records.task_users(task)],
            custom_fields=identifiers,
            list_spaces={
                list_id: record["space_id"]
                for record in task_records
                if (list_id := record["list_id"])
            },
            complete_until=to_iso_timestamp(max(timestamps)) if timestamps else None,
            requested_at=response.requested_at,
        )

    def _record(self, fields: Fields, keyset: Keyset) -> dict[str, Any]:
        """Return the record of a task. Raises `OddFieldError` if its space may not be selected."""
        record = records.task(
            fields, workspace_id=self.workspace.id, custom_fields=self.custom_fields
        )
        if keyset.space_ids and record["space_id"] is None:
            raise OddFieldError("space.id")
        return record

    def _since_start_date(self, task_records: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the records to emit; a sweep reads older tasks only for their ids."""
        start = to_iso_timestamp(to_epoch_ms(self.start_date)) or ""
        return [record for record in task_records if (record["date_updated"] or start) >= start]
