"""Which request reads the next tasks, and when all have been read. Pure: `streams` sends it.

Page numbers lose tasks while people edit: an edited task moves to the end of the order by
`date_updated`, and the rows behind it slide over a page border. So tasks are read by keyset: always
page 0 of what comes after the last value seen, ascending. Rows at the border are asked again and
known ones dropped, which is right whether ClickUp's `date_updated_gt` means > or ≥. The sweep
reads by `date_created` instead, which no edit moves.

Where one millisecond holds more than a page (a bulk edit), its pages are read upwards and then
down to page 0. An edit takes a row out and lets the rows behind it slide to a lower page: the way
up can miss them, the way down cannot.

What this rests on is not documented by ClickUp, and ClickUp ignores in silence what it does not
know. So every answer is checked against its question.
https://developer.clickup.com/reference/getfilteredteamtasks
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Order: TypeAlias = Literal["updated", "created"]
"""The date of a task that a reading goes by, as in ClickUp's `order_by`."""
PAGE_SIZE = 100
ASKED = "which was not asked for"


class ResponseMismatchError(Exception):
    """An answer does not fit its question: a parameter was ignored, or the order is not kept."""


@dataclass(frozen=True)
class TaskQuery:
    """One request to `GET /team/{id}/task`. Times are milliseconds since 1970, UTC."""

    gt: int
    page: int
    space_ids: tuple[str, ...] = ()
    archived: bool = False
    by: Order = "updated"

    @property
    def params(self) -> list[tuple[str, str]]:
        """The query. Closed tasks and subtasks come only when asked for."""
        return [
            ("page", str(self.page)),
            ("order_by", self.by),
            ("reverse", "true"),
            ("subtasks", "true"),
            ("include_closed", "true"),
            ("archived", str(self.archived).lower()),
            (f"date_{self.by}_gt", str(self.gt)),
            *(("space_ids[]", space_id) for space_id in self.space_ids),
        ]


def date_ms(task: Mapping[str, Any], by: Order) -> int | None:
    """`date_updated` or `date_created` of a task in milliseconds, or None where it is left out."""
    value = task.get(f"date_{by}")
    return int(value) if value else None


def newest_ms(tasks: Sequence[Mapping[str, Any]], by: Order) -> int:
    """How far a page reaches: by creation only if none of its tasks shows an update."""
    dated = [at for task in tasks if (at := date_ms(task, by)) is not None]
    return max(dated or (int(task.get("date_created") or 0) for task in tasks), default=0)


def check(question: TaskQuery, tasks: Sequence[Mapping[str, Any]]) -> None:
    """Raise `ResponseMismatchError` if the tasks are not what the question asked for."""
    last, by = question.gt, question.by
    for task in tasks:
        task_id, at = task["id"], date_ms(task, by)
        if bool(task.get("archived")) != question.archived:
            raise ResponseMismatchError(
                f"task {task_id} has archived={not question.archived}, {ASKED}"
            )
        space_id = str((task.get("space") or {}).get("id"))
        if question.space_ids and space_id not in question.space_ids:
            raise ResponseMismatchError(f"task {task_id} is of space {space_id}, {ASKED}")
        if at is None:
            continue
        if at < question.gt:
            raise ResponseMismatchError(
                f"task {task_id} was {by} at {at}, asked were tasks from {question.gt} on"
            )
        if at < last:
            raise ResponseMismatchError(
                f"task {task_id} was {by} at {at} and stands behind one of {last}: "
                f"the answer is not in ascending order of date_{by}"
            )
        last = at


@dataclass
class Keyset:
    """The reading of all tasks, live or archived, dated at or after `start` (ms, UTC).

    Ask `question`, give what came to `answered`, until `question` is None. Tasks come out in
    ascending order of their date, each version once; everything before the last one is then
    complete, so its date may be kept as a bookmark at any moment.

    `stopped_short` tells that ClickUp promised a further page and sent an empty one.
    """

    start: int
    space_ids: tuple[str, ...] = ()
    archived: bool = False
    by: Order = "updated"
    stopped_short: bool = False
    _page: int = 0
    _downwards: bool = False
    _done: bool = False
    _known: dict[str, int | None] = field(default_factory=dict)
    _page_before: tuple[tuple[str, int | None], ...] = ()

    @property
    def question(self) -> TaskQuery | None:
        """The next request, or None when all has been read."""
        if self._done:
            return None
        gt = max(self.start - 1, 0)
        return TaskQuery(gt, self._page, self.space_ids, self.archived, self.by)

    def answered(
        self, tasks: Sequence[Mapping[str, Any]], *, last_page: bool | None
    ) -> Iterator[Mapping[str, Any]]:
        """Yield the tasks of an answer that are new, and move to the next question.

        `last_page` is ClickUp's flag; answers of 2022 lack it, then fewer than 100 tasks end.
        """
        question = self.question
        assert question is not None, "asked after the end"  # noqa: S101 - a slip of the caller, not input
        check(question, tasks)
        self._check_page(tasks)
        end = self._is_end(tasks, last_page=last_page)
        yield from self._new(tasks)
        self._move(newest_ms(tasks, self.by), end=end)

    def _check_page(self, tasks: Sequence[Mapping[str, Any]]) -> None:
        """Raise `ResponseMismatchError` if a page upwards shows what the page before showed."""
        versions = tuple((str(task["id"]), date_ms(task, self.by)) for task in tasks)
        upwards = self._page > 0 and not self._downwards
        if upwards and versions and versions == self._page_before:
            raise ResponseMismatchError(
                f"page {self._page} repeats the page before: page is ignored"
            )
        self._page_before = versions

    def _is_end(self, tasks: Sequence[Mapping[str, Any]], *, last_page: bool | None) -> bool:
        if last_page is None:
            return len(tasks) < PAGE_SIZE
        if not tasks and not last_page:
            self.stopped_short = True
        return last_page or not tasks

    def _new(self, tasks: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        """Yield unknown versions; on a later page only those of the walked millisecond.

        What lies behind that millisecond on a later page is left for page 0 of another question:
        between two pages a row may have slid over the border, between two page 0 none can.
        """
        for task in tasks:
            task_id, at = str(task["id"]), date_ms(task, self.by)
            if self._page > 0 and at is not None and at > self.start:
                continue
            if task_id in self._known and self._known[task_id] == at:
                continue
            self._known[task_id] = at
            yield task

    def _move(self, newest: int, *, end: bool) -> None:
        """Choose the next question: further on, or a page of a millisecond that fills several."""
        if self._page == 0 and newest > self.start:
            self._go_on(newest)
            self._done = end
        elif self._page == 0 and self._downwards:
            self._go_on(self.start + 1)
        elif self._page == 0 and end:
            self._done = True
        elif self._downwards or newest > self.start or end:
            self._downwards = True
            self._page -= 1
        else:
            self._page += 1

    def _go_on(self, start: int) -> None:
        """Begin at another lower bound, and forget the tasks that no answer can show again."""
        self.start, self._downwards = start, False
        self._known = {
            task: at for task, at in self._known.items() if at is None or at >= start - 1
        }
