"""Decide which request reads the next tasks, and when all tasks have been read. Pure.

Page numbers lose tasks while people edit: an edited task moves to the end of the order by
`date_updated`, and the tasks behind it shift across a page boundary. Therefore tasks are read with
keyset pagination: always page 0 of the tasks after the last timestamp seen, in ascending order.
Tasks at the boundary are requested again and the ones already seen are dropped, which is correct
whether ClickUp's `date_updated_gt` means > or ≥. The sweep reads by `date_created` instead, which
no edit changes.

Where one millisecond has more than a page of tasks (a bulk edit), its pages are walked up and then
down to page 0. An edit removes a task from the millisecond, so the tasks behind it shift to a lower
page: walking up can miss them, walking down cannot.

ClickUp does not document what this relies on and silently ignores parameters it does not know.
Therefore every response is validated against its request.
https://developer.clickup.com/reference/getfilteredteamtasks
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from tap_clickup.conversions import parse_boolean, plausible_ms
from tap_clickup.fields import Fields

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Order: TypeAlias = Literal["updated", "created"]
"""The date by which tasks are read, as in ClickUp's `order_by`."""
Mode: TypeAlias = Literal["advance", "walk_up", "walk_down"]
PAGE_SIZE = 100


class ResponseMismatchError(Exception):
    """A response does not match its request: a parameter was ignored, or the order is wrong."""


@dataclass(frozen=True)
class TaskQuery:
    """One request to `GET /team/{id}/task`. Timestamps are milliseconds since 1970, UTC.

    https://developer.clickup.com/reference/getfilteredteamtasks
    """

    after_ms: int
    page: int
    space_ids: tuple[str, ...] = ()
    archived: bool = False
    order_by: Order = "updated"

    @property
    def params(self) -> list[tuple[str, str]]:
        """The query parameters. Closed tasks and subtasks are returned only if requested."""
        return [
            ("page", str(self.page)),
            ("order_by", self.order_by),
            ("reverse", "true"),
            ("subtasks", "true"),
            ("include_closed", "true"),
            ("archived", str(self.archived).lower()),
            (f"date_{self.order_by}_gt", str(self.after_ms)),
            *(("space_ids[]", space_id) for space_id in self.space_ids),
        ]


def date_ms(task: Mapping[str, Any], order_by: Order) -> int | None:
    """Return `date_updated` or `date_created` of a task in milliseconds.

    None if it is missing, or odd: an implausible date does not order tasks.
    """
    return plausible_ms(task.get(f"date_{order_by}"))


def max_timestamp_ms(tasks: Sequence[Mapping[str, Any]], order_by: Order) -> int:
    """Return the last timestamp of a page; `date_created` counts only if no task has the other."""
    timestamps = [at for task in tasks if (at := date_ms(task, order_by)) is not None]
    if timestamps:
        return max(timestamps)
    return max((date_ms(task, "created") or 0 for task in tasks), default=0)


def validate_page(query: TaskQuery, tasks: Sequence[Mapping[str, Any]]) -> None:
    """Raise `ResponseMismatchError` if the tasks are not those that the query requested."""
    previous = query.after_ms
    for task in tasks:
        _validate_selection(query, task)
        at = date_ms(task, query.order_by)
        if at is None:
            continue
        if at < query.after_ms:
            raise ResponseMismatchError(
                f"task {task['id']} was {query.order_by} at {at}, "
                f"requested were tasks from {query.after_ms} on"
            )
        if at < previous:
            raise ResponseMismatchError(
                f"task {task['id']} was {query.order_by} at {at} but follows one of {previous}: "
                f"the response is not in ascending order of date_{query.order_by}"
            )
        previous = at


def _validate_selection(query: TaskQuery, task: Mapping[str, Any]) -> None:
    """Raise `ResponseMismatchError` if a task is not in the requested spaces and archive state.

    A task that does not show its space or archive state is odd, which is for its record to decide.
    """
    if parse_boolean(task.get("archived")) is (not query.archived):
        raise ResponseMismatchError(
            f"task {task['id']} has archived={not query.archived}, which was not requested"
        )
    if not query.space_ids:
        return
    space_id = Fields(task).object("space").id
    if space_id and space_id not in query.space_ids:
        raise ResponseMismatchError(
            f"task {task['id']} is in space {space_id}, which was not requested"
        )


def _id_of(task: Mapping[str, Any]) -> str:
    task_id = task["id"]
    return task_id if isinstance(task_id, str) else Fields(task).required_id


@dataclass
class Keyset:
    """Reads all tasks, live or archived, dated at or after `start_ms` (milliseconds, UTC).

    Send `next_query` and pass its tasks with readable ids to `receive_page`, until `next_query` is
    None. Tasks are yielded in ascending order of their date and each version once. Everything
    before the last task yielded has been read, so its date is a valid bookmark at any time.

    `truncated` is set if ClickUp announced a further page and then sent an empty one.
    """

    start_ms: int
    space_ids: tuple[str, ...] = ()
    archived: bool = False
    order_by: Order = "updated"
    truncated: bool = False
    _page: int = 0
    _mode: Mode = "advance"
    _done: bool = False
    _seen: dict[str, int | None] = field(default_factory=dict)
    _previous_page: tuple[tuple[str, int | None], ...] = ()

    @property
    def next_query(self) -> TaskQuery | None:
        """The next request, or None if all tasks have been read."""
        return None if self._done else self._query

    @property
    def _query(self) -> TaskQuery:
        after_ms = max(self.start_ms - 1, 0)
        return TaskQuery(after_ms, self._page, self.space_ids, self.archived, self.order_by)

    def receive_page(
        self, tasks: Sequence[Mapping[str, Any]], *, last_page: bool | None
    ) -> Iterator[Mapping[str, Any]]:
        """Yield the new tasks of the response to `next_query`, then move on to the next one.

        `last_page` is ClickUp's flag. Responses of 2022 lack it; then a page with fewer than 100
        tasks is the last. Raises `ResponseMismatchError` before it yields any task, or if no
        further query could make progress.
        """
        if self._done:
            raise RuntimeError("receive_page was called after the last page")
        validate_page(self._query, tasks)
        self._check_repetition(tasks)
        is_last = self._is_last(tasks, last_page=last_page)
        yield from self._unseen(tasks)
        newest_ms = max_timestamp_ms(tasks, self.order_by)
        match self._mode:
            case "advance":
                self._advance(newest_ms, is_last=is_last)
            case "walk_up":
                self._walk_up(newest_ms, is_last=is_last)
            case "walk_down":
                if not is_last:
                    self._check_dates(tasks)
                self._walk_down(newest_ms, is_last=is_last)

    def _check_repetition(self, tasks: Sequence[Mapping[str, Any]]) -> None:
        """Raise `ResponseMismatchError` if walking up returns the same page twice."""
        versions = tuple((_id_of(task), date_ms(task, self.order_by)) for task in tasks)
        if self._mode == "walk_up" and versions and versions == self._previous_page:
            raise ResponseMismatchError(
                f"page {self._page} repeats the page before: the parameter page is ignored"
            )
        self._previous_page = versions

    def _check_dates(self, tasks: Sequence[Mapping[str, Any]]) -> None:
        """Raise `ResponseMismatchError` if page 0 stays the same for every lower bound."""
        has_date = any(date_ms(task, self.order_by) is not None for task in tasks)
        if self._page == 0 and not has_date:
            raise ResponseMismatchError(
                f"none of {len(tasks)} tasks of page 0 has a readable date_{self.order_by}, so the "
                "tasks behind them cannot be requested"
            )

    def _is_last(self, tasks: Sequence[Mapping[str, Any]], *, last_page: bool | None) -> bool:
        """Return whether ClickUp has no further page for this query."""
        if last_page is None:
            return len(tasks) < PAGE_SIZE
        if not tasks and not last_page:
            self.truncated = True
        return last_page or not tasks

    def _unseen(self, tasks: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        """Yield versions not seen before; on a later page only those of the walked millisecond.

        Tasks after that millisecond on a later page are left for page 0 of another query: between
        two pages a task may have shifted across the boundary, between two pages 0 none can.
        """
        for task in tasks:
            task_id = _id_of(task)
            at = date_ms(task, self.order_by)
            if self._page > 0 and at is not None and at > self.start_ms:
                continue
            if task_id in self._seen and self._seen[task_id] == at:
                continue
            self._seen[task_id] = at
            yield task

    def _advance(self, newest_ms: int, *, is_last: bool) -> None:
        """Continue after this page, or walk up if it contains one millisecond only."""
        if newest_ms > self.start_ms:
            self._advance_to(newest_ms)
            self._done = is_last
        elif is_last:
            self._done = True
        else:
            self._mode = "walk_up"
            self._page += 1

    def _walk_up(self, newest_ms: int, *, is_last: bool) -> None:
        """Continue with the next page until the millisecond ends, then turn round."""
        if newest_ms > self.start_ms or is_last:
            self._mode = "walk_down"
            self._page -= 1
        else:
            self._page += 1

    def _walk_down(self, newest_ms: int, *, is_last: bool) -> None:
        """Continue with the previous page; after page 0 the millisecond has been read."""
        if self._page > 0:
            self._page -= 1
        elif newest_ms > self.start_ms:
            self._advance_to(newest_ms)
            self._done = is_last
        else:
            self._advance_to(self.start_ms + 1)

    def _advance_to(self, start_ms: int) -> None:
        """Move the lower bound, and forget the tasks that no further response can contain."""
        self.start_ms = start_ms
        self._mode = "advance"
        self._seen = {
            task_id: at for task_id, at in self._seen.items() if at is None or at >= start_ms - 1
        }
