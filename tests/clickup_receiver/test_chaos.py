"""Whatever is lost, repeated, late or killed: in the end the store equals ClickUp."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path
from random import Random, randrange
from typing import TYPE_CHECKING

import pytest

from tests.clickup_receiver.chaos_world import ChaosWorld, seconds_ago
from tests.support.scale import scaled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fake_clickup.model import Task, TaskList, TimeEntry
    from fake_clickup.webhook_sender import PendingDelivery

pytestmark = pytest.mark.faults

EXAMPLES = scaled(1, full=20)
STEPS = scaled(300, full=700)
SEED = int(os.environ.get("CHAOS_SEED") or randrange(2**32))  # noqa: S311 - no secret
STEPS_PER_DISTURBANCE = 32
DISTURBANCES = ("kill_receiver", "kill_target", "kill_store", "poll")
ACTIONS = (
    "rename",
    "change_status",
    "change_several",
    "move",
    "create",
    "delete",
    "track_time",
    "edit_time",
    "delete_time",
    "change_a_list",
    "deliver_all",
    "deliver_any",
    "deliver_twice",
    "drop",
    "cut",
)


@pytest.fixture
def world() -> Iterator[ChaosWorld]:
    with tempfile.TemporaryDirectory(prefix="pandev-chaos-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # the user of the database server may enter
        world = ChaosWorld(folder, folder / "store", seed=7)
        try:
            yield world
        finally:
            world.close()


class Chaos:
    """Edits in ClickUp, and everything that can happen to the deliveries about them."""

    def __init__(self, world: ChaosWorld) -> None:
        self.world = world
        self.counts: Counter[str] = Counter()
        self.steps: list[tuple[str, int, int]] = []
        self.sent: set[str] = set()
        self.delivered: set[str] = set()

    def run(self, random: Random, *, steps: int) -> None:
        """Do `steps` actions by chance, with each disturbance in turn; then load and compare."""
        try:
            for index in range(1, steps + 1):
                if index % STEPS_PER_DISTURBANCE == 0:
                    turn = index // STEPS_PER_DISTURBANCE % len(DISTURBANCES)
                    self.take(DISTURBANCES[turn], random)
                else:
                    self.take(random.choice(ACTIONS), random)
            self.finish()
        except Exception as error:
            log = self.world.receiver.log[-4000:]
            error.add_note(f"CHAOS_SEED={SEED}, after {self.steps}\n{log}")
            raise

    def take(self, action: str, random: Random) -> None:
        """Take one step."""
        number, other = random.randrange(1000), random.randrange(1000)
        self.counts[action] += 1
        self.steps.append((action, number, other))
        getattr(self, action)(number, other)

    def finish(self) -> None:
        """Deliver and load everything, then compare."""
        self.deliver_all()
        self.world.drain()
        self.world.poll()
        self.world.sweep()
        self.world.drain()
        self.world.compare(sent=self.sent, delivered=self.delivered)

    def send(self, deliveries: list[PendingDelivery]) -> None:
        self.counts["deliveries"] += len(deliveries)
        ids = {change_id for delivery in deliveries for change_id in delivery.status_change_ids}
        self.sent |= ids
        self.world.deliver(deliveries)
        self.delivered |= ids

    @property
    def outbox(self) -> list[PendingDelivery]:
        return self.world.webhook_sender.outbox

    def take_one(self, number: int) -> list[PendingDelivery]:
        """Remove any delivery from the outbox and return it; nothing if the outbox is empty."""
        return [self.outbox.pop(number % len(self.outbox))] if self.outbox else []

    def task(self, number: int) -> Task:
        tasks = list(self.world.workspace.tasks.values())
        return tasks[number % len(tasks)]

    def list_(self, number: int) -> TaskList:
        lists = list(self.world.workspace.lists.values())
        return lists[number % len(lists)]

    def entry(self, number: int) -> TimeEntry:
        entries = [
            entry
            for entry in self.world.workspace.time_entries.values()
            if entry.id != self.world.kept_entry_id
        ]
        return entries[number % len(entries)]

    def rename(self, number: int, _: int) -> None:
        self.world.account.update_task(self.task(number).id, name=f"Name {number}")

    def change_status(self, number: int, other: int) -> None:
        task = self.task(number)
        statuses = self.world.workspace.statuses_of(task.list_id)
        name = statuses[other % len(statuses)].name
        self.world.account.update_task(task.id, status=name)

    def change_several(self, number: int, _: int) -> None:
        task = self.task(number)
        account = self.world.account
        account.update_task(task.id, priority=number % 4 + 1, points=number / 4)
        account.update_task(task.id, due_ms=1772600000000 + number)

    def move(self, number: int, other: int) -> None:
        self.world.account.move_task(self.task(number).id, self.list_(other).id)

    def create(self, number: int, _: int) -> None:
        task = self.world.account.create_task(self.list_(number).id, name=f"New {number}")
        self.world.created_task_ids.add(task.id)

    def delete(self, number: int, _: int) -> None:
        task = self.task(number)
        if len(self.world.workspace.tasks) > 20 and number % 3 == 0:
            self.world.account.delete_task(task.id)

    def track_time(self, number: int, age: int) -> None:
        self.world.account.add_time_entry(
            self.task(number).id,
            start=seconds_ago(age * 3600),
            duration=timedelta(minutes=age),
        )

    def edit_time(self, number: int, other: int) -> None:
        entry = self.entry(number)
        if entry.end_ms:
            self.world.account.update_time_entry(entry.id, end_ms=entry.end_ms + other)

    def delete_time(self, number: int, _: int) -> None:
        entry = self.entry(number)
        if len(self.world.workspace.time_entries) > 5:
            self.world.account.delete_time_entry(entry.id)

    def change_a_list(self, number: int, _: int) -> None:
        account = self.world.account
        list_ = self.list_(number)
        if number % 40 == 1 and len(self.world.workspace.lists) > 4:
            account.delete(list_.id)
        elif number % 7 == 1:
            account.archive(list_.id, archived=not list_.archived)
        else:
            account.rename(list_.id, f"List {number}")

    def deliver_all(self, *_: int) -> None:
        deliveries = list(self.outbox)
        self.outbox.clear()
        self.send(deliveries)

    def deliver_any(self, number: int, _: int) -> None:
        self.send(self.take_one(number))

    def deliver_twice(self, number: int, _: int) -> None:
        self.send(self.take_one(number) * 2)

    def drop(self, number: int, _: int) -> None:
        """Lose a delivery: ClickUp never sends it."""
        self.take_one(number)

    def cut(self, number: int, _: int) -> None:
        """Break the connection in the middle of a delivery; then repeat it."""
        for delivery in self.take_one(number):
            self.world.webhook_sender.send_partially(delivery)
            self.send([delivery])

    def kill_receiver(self, *_: int) -> None:
        """Kill the receiver; a delivery in the meantime is lost and counted as failed."""
        self.world.receiver.kill()
        for delivery in self.take_one(0):
            assert not self.world.webhook_sender.send(delivery)
        self.world.receiver.start()
        for webhook_id in self.world.workspace.webhooks:
            self.world.account.update_webhook(webhook_id, health="active", fail_count=0)

    def kill_target(self, *_: int) -> None:
        self.world.kill_target()

    def kill_store(self, *_: int) -> None:
        self.world.kill_store()

    def poll(self, *_: int) -> None:
        self.world.poll()


@pytest.mark.parametrize("example", range(EXAMPLES))
def test_the_store_ends_up_equal_to_clickup(world: ChaosWorld, example: int) -> None:
    """R38, R56, R70, R77: missed deliveries are caught up, and no status change is lost.

    CHAOS_SEED repeats a failure.
    """
    chaos = Chaos(world)
    chaos.run(Random(f"{SEED}-{example}"), steps=STEPS)  # noqa: S311 - no secret
    print(f"CHAOS_SEED={SEED}", dict(chaos.counts))  # noqa: T201 - shows what was covered
    assert set(chaos.counts) == {*ACTIONS, "deliveries", *DISTURBANCES}
