"""A storm of events on many tasks: each page of the search is read once, and nothing is lost."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from clickup_receiver.feed import feeder, task_reading
from clickup_receiver.feed.feeder import Feeder
from clickup_receiver.feed.target_process import TargetError
from clickup_receiver.inbox.events import decode_body, parse_event
from clickup_receiver.inbox.inbox import Delivery, Inbox
from fake_clickup import Behaviour, FakeClickUp, generate
from tests.clickup_receiver.message_source import MessageSourceHarness, searchable_task_ids
from tests.clickup_receiver.payloads import WEBHOOK_ID, body, history

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

TASKS = 700
EVENTS = 2_500


class Storm:
    """An inbox with many edits of many tasks, and a feeder whose target keeps what it gets.

    `stored` are the latest records by task id. `failures` is how often the target fails first.
    `edits` counts the edits.
    """

    def __init__(self, clickup: FakeClickUp, inbox: Inbox) -> None:
        self.clickup = clickup
        self.inbox = inbox
        (self.workspace,) = clickup.account.workspaces
        self.harness = MessageSourceHarness(clickup)
        self.stored: dict[str, dict[str, Any]] = {}
        self.failures = 0
        self.feeder = Feeder(
            inbox, build_messages=self.harness.source.build_messages, load=self.load
        )
        self.task_ids = searchable_task_ids(self.workspace)[:TASKS]
        self._random = random.Random(5)  # noqa: S311 - reproducible
        self._begin = datetime.now(UTC) - timedelta(hours=1)
        self.edits = 0

    def edit(self, count: int) -> None:
        """Rename tasks one after the other, ten per second, and receive an event of each."""
        deliveries = []
        for _ in range(count):
            self.edits += 1
            task_id = self._random.choice(self.task_ids)
            at = self._begin + timedelta(milliseconds=100 * self.edits)
            self.clickup.account.bulk_update([task_id], at=at, name=f"Edit {self.edits}")
            date = str(int(at.timestamp() * 1000))
            content = body("taskUpdated", history("name", date=date), task_id=task_id)
            event = parse_event(decode_body(content))
            deliveries.append(Delivery(f"signature {self.edits} {task_id}", WEBHOOK_ID, event))
        self.inbox.add(deliveries)

    def receive(self, name: str, task_id: str) -> None:
        """Receive an event of long ago."""
        item = history("name", date="1700000000000")
        event = parse_event(decode_body(body(name, item, task_id=task_id)))
        self.inbox.add([Delivery(f"{name} {task_id}", WEBHOOK_ID, event)])

    def feed(self) -> list[str]:
        """Feed until nothing is pending; return the paths that were requested."""
        before = len(self.clickup.requests)
        while self.feeder.feed():
            pass
        return [request.path for request in self.clickup.requests[before:]]

    def expected(self) -> dict[str, str]:
        """Return the names of the edited tasks by id."""
        tasks = self.workspace.tasks.values()
        return {task.id: task.name for task in tasks if task.name.startswith("Edit ")}

    def pages(self) -> int:
        """Return how many pages the edited tasks need; each repeats the last task of another."""
        return -(-len(self.expected()) // 99)

    def names(self) -> dict[str, str]:
        """Return the names of the edited tasks that the target has loaded, by id."""
        expected = self.expected()
        return {key: row["name"] for key, row in self.stored.items() if key in expected}

    def load(self, lines: Iterable[bytes]) -> None:
        if self.failures:
            self.failures -= 1
            raise TargetError("target_command target: exit code 1")
        for line in lines:
            message = json.loads(line)
            if message["type"] == "RECORD" and message["stream"] == "tasks":
                self.stored[message["record"]["id"]] = message["record"]


@pytest.fixture
def storm(inbox: Inbox) -> Iterator[Storm]:
    account = generate(seed=7, tasks=1_500, workspaces=1)
    with FakeClickUp(account, behaviour=Behaviour(rate_limited=False)) as clickup:
        yield Storm(clickup, inbox)


def test_a_storm_reads_each_page_once(storm: Storm) -> None:
    """2,500 events on 700 tasks, in three batches, cost the seven pages of these tasks."""
    storm.edit(EVENTS)
    requests = storm.feed()
    assert len(requests) <= storm.pages() + 2
    assert storm.names() == storm.expected()


def test_a_long_storm_is_loaded_page_by_page(storm: Storm, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch reads a limited number of pages; the events of further ones stay pending."""
    monkeypatch.setattr(task_reading, "MAX_PAGES_PER_BATCH", 2)
    storm.edit(EVENTS)
    assert storm.feeder.feed() is True
    assert len(storm.clickup.requests) == 2
    pending = {event.event.object_id for event in storm.inbox.pending(limit=EVENTS)}
    loaded = storm.names()
    assert len(loaded) == 199  # each page begins with the last task of the one before
    assert storm.inbox.depth()[0] > EVENTS - 1_000
    assert loaded.keys() | pending >= storm.expected().keys()
    requests = storm.feed()
    assert len(requests) + 2 <= storm.pages() + 2
    assert storm.names() == storm.expected()
    assert storm.inbox.depth() == (0, None)


def test_all_waiting_events_pay_for_pages(storm: Storm, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page may contain few tasks of a batch and many of the next ones."""
    monkeypatch.setattr(feeder, "MAX_BATCH_SIZE", 20)
    storm.feeder = Feeder(
        storm.inbox, build_messages=storm.harness.source.build_messages, load=storm.load
    )
    storm.edit(1_200)
    requests = storm.feed()
    assert len(requests) < 150
    assert storm.names() == storm.expected()


def test_pages_that_do_not_pay_are_left(storm: Storm, monkeypatch: pytest.MonkeyPatch) -> None:
    """Events that are replayed after years would need all pages since then."""
    monkeypatch.setattr(feeder, "MAX_BATCH_SIZE", 20)
    storm.feeder = Feeder(
        storm.inbox, build_messages=storm.harness.source.build_messages, load=storm.load
    )
    tasks = sorted(storm.task_ids, key=lambda key: storm.workspace.tasks[key].updated_ms or 0)
    latest = tasks[-40:]
    for task_id in latest:
        storm.receive("taskUpdated", task_id)
    requests = storm.feed()
    assert requests.count(f"/api/v2/team/{storm.workspace.id}/task") == 8
    assert sorted(requests[8:]) == sorted(f"/api/v2/task/{task_id}" for task_id in latest)


def test_a_reading_goes_on_with_later_events(storm: Storm) -> None:
    """Edits that arrive between two batches are read too, by as few pages."""
    storm.edit(EVENTS)
    storm.feeder.feed()
    storm.edit(EVENTS)
    pages = [path for path in storm.feed() if path.endswith("/team/90757011432/task")]
    assert len(pages) <= storm.pages() + 2
    assert storm.names() == storm.expected()


def test_edits_behind_a_reading_start_a_new_one(storm: Storm) -> None:
    """Edits that ClickUp's search shows only later are read by pages too."""
    storm.edit(EVENTS)
    storm.feeder.feed()
    storm.task_ids = searchable_task_ids(storm.workspace)[TASKS : TASKS + 100]
    storm.edits = 1_000
    storm.edit(200)
    assert len(storm.feed()) <= 2 * storm.pages() + 5
    assert storm.names() == storm.expected()


@pytest.mark.parametrize("batch", [1, 2])
def test_what_a_failed_load_contained_is_read_again(
    storm: Storm, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Versions that the target has not loaded do not count as loaded."""
    monkeypatch.setattr(task_reading, "MAX_PAGES_PER_BATCH", 3)
    storm.edit(EVENTS)
    for _ in range(batch - 1):
        storm.feeder.feed()
    loaded = len(storm.names())
    storm.failures = 1
    storm.feeder.feed()
    assert storm.failures == 0
    assert len(storm.names()) == loaded
    storm.feed()
    assert storm.names() == storm.expected()


def test_changed_settings_start_a_new_reading(storm: Storm) -> None:
    """Records that were read with other settings do not count as loaded."""
    storm.edit(EVENTS)
    storm.feeder.feed()
    storm.stored.clear()
    storm.harness.config = {"custom_fields": ["Risk"]}
    pending = {event.event.object_id for event in storm.inbox.pending(limit=EVENTS)}
    storm.feed()
    assert storm.names().keys() >= pending


def test_an_event_without_time_needs_a_later_request(storm: Storm) -> None:
    """Only a request after its arrival surely includes what it reports."""
    storm.edit(EVENTS)
    storm.feeder.feed()
    task_id = storm.task_ids[0]
    event = parse_event(decode_body(body("taskUpdated", task_id=task_id)))
    storm.clickup.account.bulk_update([task_id], name="Edit without time")
    storm.inbox.add([Delivery("without time", WEBHOOK_ID, event)])
    assert storm.feed() == [f"/api/v2/task/{task_id}"]
    assert storm.names() == storm.expected()


def test_a_deleted_task_is_read_again_once_it_is_restored(storm: Storm) -> None:
    """One request confirms that it exists, and one reads it, although a version was loaded."""
    storm.edit(EVENTS)
    storm.feeder.feed()
    task_id = next(iter(storm.names()))
    storm.receive("taskDeleted", task_id)
    storm.receive("taskUpdated", task_id)
    requests = storm.feed()
    assert requests.count(f"/api/v2/task/{task_id}") == 2


def test_a_deletion_ends_the_validity_of_a_version(storm: Storm) -> None:
    """A task that is restored later is read, although its event is older than the version."""
    task_id = storm.task_ids.pop()
    storm.clickup.account.bulk_update([task_id], name="Edit before")
    storm.edit(1_000)
    storm.receive("taskDeleted", task_id)
    storm.edit(1_500)
    storm.feeder.feed()
    assert storm.stored[task_id]["name"] == "Edit before"
    storm.clickup.account.delete_task(task_id)
    storm.feeder.feed()
    storm.clickup.account.restore_task(task_id)
    storm.receive("taskUpdated", task_id)
    assert storm.feed() == [f"/api/v2/task/{task_id}"]


def test_a_task_read_individually_is_not_read_again(storm: Storm) -> None:
    """Tasks that a search does not return need one request each, in whatever number of batches."""
    archived = [task.id for task in storm.workspace.tasks.values() if task.archived][:3]
    storm.task_ids = storm.task_ids[:600] + archived
    storm.edit(EVENTS)
    requests = storm.feed()
    assert all(requests.count(f"/api/v2/task/{task_id}") == 1 for task_id in archived)
    assert storm.names() == storm.expected()
