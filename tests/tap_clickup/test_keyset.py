"""The keyset reads every task despite concurrent edits, as a simulated server shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tap_clickup import keyset as module
from tap_clickup.keyset import Keyset, ResponseMismatchError, TaskQuery

if TYPE_CHECKING:
    from collections.abc import Callable

START = 1_772_600_000_000
Task = dict[str, Any]


def task(task_id: str, updated: int | None, *, created: int = START, **others: Any) -> Task:
    """Return a task as ClickUp sends it, with timestamps as strings."""
    dates = {} if updated is None else {"date_updated": str(updated)}
    return {"id": task_id, "date_created": str(created), **dates, **others}


@dataclass
class Server:
    """Responds to queries as ClickUp does; after each response it makes one group of `edits`.

    An edit names tasks by their position in the order and updates all of them at the same time.
    `hidden` rows count for the page size and are removed afterwards, so their page is short.
    """

    updated: dict[str, int]
    inclusive: bool = True
    last_page: str = "honest"
    page_size: int = 100
    hidden: set[str] = field(default_factory=set)
    edits: list[list[int]] = field(default_factory=list)
    queries: list[TaskQuery] = field(default_factory=list)

    def respond(self, query: TaskQuery) -> tuple[list[Task], bool | None]:
        self.queries.append(query)
        low = query.after_ms + (not self.inclusive)
        rows = sorted((at, task_id) for task_id, at in self.updated.items() if at >= low)
        page = rows[query.page * self.page_size :][: self.page_size]
        tasks = [task(task_id, at) for at, task_id in page if task_id not in self.hidden]
        is_last = (query.page + 1) * self.page_size >= len(rows)
        self._edit()
        flags = {"honest": is_last, "missing": None, "always_false": False}
        return tasks, flags[self.last_page]

    def _edit(self) -> None:
        numbers = self.edits.pop(0) if self.edits else []
        order = sorted(self.updated, key=lambda task_id: (self.updated[task_id], task_id))
        now = max(self.updated.values(), default=START) + 1
        for number in numbers:
            if order:
                self.updated[order[number % len(order)]] = now


def read(server: Server, keyset: Keyset, *, at_most: int) -> list[tuple[str, int]]:
    """Return the ids and versions that a keyset reads from a server, in order."""
    versions = []
    while query := keyset.next_query:
        tasks, last_page = server.respond(query)
        new = keyset.receive_page(tasks, last_page=last_page)
        versions += [(str(item["id"]), int(item["date_updated"])) for item in new]
        assert len(server.queries) <= at_most
    return versions


@st.composite
def draw_servers(draw: st.DrawFn) -> Server:
    """Draw a server: many tasks in few milliseconds, small pages and frequent edits."""
    timestamps = draw(st.lists(st.integers(START, START + 5), max_size=30))
    ids = draw(st.permutations([f"t{number:02}" for number in range(len(timestamps))]))
    last_page = draw(st.sampled_from(["honest", "missing", "always_false"]))
    hides = last_page == "honest" and len(ids) > 1 and draw(st.booleans())
    return Server(
        dict(zip(ids, timestamps, strict=True)),
        inclusive=draw(st.booleans()),
        last_page=last_page,
        page_size=draw(st.integers(2, 6)),
        hidden={ids[0]} if hides else set(),
        edits=draw(st.lists(st.lists(st.integers(0, 40), max_size=4), max_size=30)),
    )


@settings(max_examples=400, deadline=None)
@given(draw_servers())
def test_every_initial_task_is_read_in_its_latest_version(server: Server) -> None:
    """The order never decreases, no version is read twice, and the requests are bounded."""
    at_start = {
        task_id: at for task_id, at in server.updated.items() if task_id not in server.hidden
    }
    bound = 12 * (len(at_start) + len(server.edits) + 2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "PAGE_SIZE", server.page_size)
        versions = read(server, Keyset(START), at_most=bound)
    newest = dict(versions)
    assert {task_id: at for task_id, at in at_start.items() if newest.get(task_id, 0) < at} == {}
    assert [at for _, at in versions] == sorted(at for _, at in versions)
    assert len(set(versions)) == len(versions)


@settings(max_examples=150, deadline=None)
@given(draw_servers(), st.integers(1, 8))
def test_interrupted_read_resumes_from_its_bookmark(
    server: Server, requests_before_cut: int
) -> None:
    at_start = {
        task_id: at for task_id, at in server.updated.items() if task_id not in server.hidden
    }
    keyset, versions = Keyset(START), dict[str, int]()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "PAGE_SIZE", server.page_size)
        while len(server.queries) < requests_before_cut and (query := keyset.next_query):
            tasks, last_page = server.respond(query)
            for item in keyset.receive_page(tasks, last_page=last_page):
                versions[item["id"]] = int(item["date_updated"])
        bookmark = max(versions.values(), default=START)
        versions |= dict(read(server, Keyset(bookmark), at_most=2_000))
    assert {task_id: at for task_id, at in at_start.items() if versions.get(task_id, 0) < at} == {}


@pytest.mark.parametrize("inclusive", [True, False])
@pytest.mark.parametrize("last_page", ["honest", "missing", "always_false"])
@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 200, 250])
def test_tasks_with_equal_timestamps_are_read_once(
    count: int, last_page: str, *, inclusive: bool
) -> None:
    tasks = {f"t{number:03}": START + 7 for number in range(count)}
    server = Server({**tasks, "after": START + 8}, inclusive=inclusive, last_page=last_page)
    versions = read(server, Keyset(START), at_most=30)
    assert versions == [*sorted(tasks.items()), ("after", START + 8)]


def test_single_full_page_takes_one_request() -> None:
    server = Server({f"t{number:03}": START + number for number in range(100)})
    assert len(read(server, Keyset(START), at_most=1)) == 100
    assert server.queries == [TaskQuery(START - 1, 0)]


def test_next_page_starts_at_the_last_timestamp_as_page_0() -> None:
    server = Server({f"t{number:03}": START + number for number in range(250)})
    read(server, Keyset(START), at_most=3)
    assert server.queries == [
        TaskQuery(START - 1, 0),
        TaskQuery(START + 98, 0),
        TaskQuery(START + 196, 0),
    ]


def test_row_shifted_across_pages_is_read_on_the_way_back() -> None:
    tasks = {f"t{number:03}": START for number in range(150)}
    server = Server(tasks, edits=[[0]])
    versions = read(server, Keyset(START), at_most=20)
    upwards = [query.page for query in server.queries[:3]]
    assert upwards == [0, 1, 0]
    assert versions[149] == ("t100", START)
    assert versions[150:] == [("t000", START + 1)]


def test_empty_page_before_the_last_is_marked_truncated() -> None:
    keyset = Keyset(START)
    assert list(keyset.receive_page([], last_page=False)) == []
    assert keyset.next_query is None
    assert keyset.truncated is True


def test_short_page_before_the_last_continues() -> None:
    keyset = Keyset(START)
    assert list(keyset.receive_page([task("a", START + 5)], last_page=False)) == [
        task("a", START + 5)
    ]
    assert keyset.next_query == TaskQuery(START + 4, 0)


def test_task_without_update_does_not_move_the_lower_bound() -> None:
    keyset = Keyset(START)
    page = [task("a", START + 1), task("b", None, created=START + 999), task("c", START + 2)]
    assert list(keyset.receive_page(page, last_page=False)) == page
    assert keyset.next_query == TaskQuery(START + 1, 0)
    assert list(keyset.receive_page(page[1:], last_page=True)) == []


def test_page_without_updates_advances_by_creation_date() -> None:
    keyset = Keyset(START)
    page = [task("a", None, created=START + 3), {"id": "b"}]
    assert list(keyset.receive_page(page, last_page=False)) == page
    assert keyset.next_query == TaskQuery(START + 2, 0)


@pytest.mark.parametrize("odd", [{}, {"date_created": START // 1000}, {"date_created": START}])
def test_pages_of_tasks_without_dates_end_with_an_error(odd: Task) -> None:
    """No lower bound leaves them behind, so the same pages would be requested for ever."""
    tasks = [{"id": f"t{number}", **odd} for number in range(250)]
    keyset = Keyset(START - 1)
    received: list[Any] = []

    def read_all() -> None:
        for _ in range(20):
            query = keyset.next_query or TaskQuery(0, 0)
            page = tasks[query.page * 100 :][:100]
            received.extend(keyset.receive_page(page, last_page=query.page == 2))

    with pytest.raises(ResponseMismatchError, match="none of 100 tasks of page 0 has a readable"):
        read_all()
    assert received == tasks


def test_query_contains_every_required_parameter() -> None:
    assert TaskQuery(5, 2, ("11", "22")).params == [
        ("page", "2"),
        ("order_by", "updated"),
        ("reverse", "true"),
        ("subtasks", "true"),
        ("include_closed", "true"),
        ("archived", "false"),
        ("date_updated_gt", "5"),
        ("space_ids[]", "11"),
        ("space_ids[]", "22"),
    ]


def test_lower_bound_is_never_negative() -> None:
    assert Keyset(0).next_query == TaskQuery(0, 0)


@pytest.mark.parametrize(
    ("response", "message"),
    [
        ([task("a", START + 9), task("b", START + 8)], "not in ascending order of date_updated"),
        ([task("a", START - 2)], "requested were tasks from 1772599999999 on"),
        ([task("a", START, archived=True)], "task a has archived=True, which was not requested"),
        ([task("a", START, space={"id": "7"})], "task a is in space 7"),
    ],
)
def test_mismatched_response_is_rejected_before_any_task(
    response: list[Task], message: str
) -> None:
    keyset = Keyset(START, ("5",) if "space" in message else ())
    tasks_of_page = keyset.receive_page(response, last_page=True)
    with pytest.raises(ResponseMismatchError, match=message):
        next(tasks_of_page)
    assert keyset.next_query == TaskQuery(START - 1, 0, keyset.space_ids)


@pytest.mark.parametrize(
    "odd",
    [
        task("b", START, space=None),
        task("b", START, space=["5"]),
        task("b", START, archived="perhaps"),
        {"id": "b", "date_updated": "yesterday"},
        {"id": "b", "date_updated": "Infinity"},
        {"id": "b", "date_updated": [START]},
        {"id": "b", "date_updated": START // 1000},  # in seconds
        {"id": "b", "date_updated": START * 1000},
    ],
)
def test_an_odd_task_stops_no_other(odd: Task) -> None:
    """Its date does not order tasks; whether its record can be made is decided elsewhere."""
    keyset = Keyset(START, ("5",))
    tasks = [task("a", START, space={"id": "5"}), odd, task("c", START + 7, space={"id": 5})]
    assert list(keyset.receive_page(tasks, last_page=False)) == tasks
    assert keyset.next_query == TaskQuery(START + 6, 0, ("5",))


@pytest.mark.parametrize("count", [1, 100])
@pytest.mark.parametrize("inclusive", [True, False])
def test_ignored_page_number_is_detected(count: int, *, inclusive: bool) -> None:
    tasks = {f"t{number:03}": START for number in range(count)}
    server = Server(tasks, last_page="always_false", inclusive=inclusive)
    respond_to: Callable[[TaskQuery], Any] = server.respond
    server.respond = lambda query: respond_to(TaskQuery(query.after_ms, 0))  # type: ignore[method-assign]
    with pytest.raises(ResponseMismatchError, match="page 1 repeats the page before"):
        read(server, Keyset(START), at_most=30)
