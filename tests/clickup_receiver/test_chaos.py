"""Whatever is lost, doubled, late or killed: at the end the store is what ClickUp is."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path
from random import randrange
from typing import TYPE_CHECKING, ClassVar

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from tests.clickup_receiver.chaos_world import World, moment

if TYPE_CHECKING:
    from fake_clickup.model import Task, TaskList, TimeEntry
    from fake_clickup.webhook_sender import Parcel

EXAMPLES = int(os.environ.get("CHAOS_EXAMPLES", "3"))
STEPS = int(os.environ.get("CHAOS_STEPS", "700"))
SEED = int(os.environ.get("CHAOS_SEED") or randrange(2**32))  # noqa: S311 - no secret
NUMBER = st.integers(0, 999)
RULES = (
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
    "disturb",
)


class Chaos(RuleBasedStateMachine):
    """Edits of a ClickUp, and all that can happen to what it sends."""

    counted: ClassVar[Counter[str]] = Counter()
    failed: ClassVar[list[Exception]] = []
    """What went wrong first: processes do not fail twice in the same way."""

    def __init__(self) -> None:
        super().__init__()
        if self.failed:
            raise self.failed[0]
        self.steps: list[tuple[str, int, int]] = []
        self.folder = Path(tempfile.mkdtemp(prefix="pandev-chaos-"))
        self.store = self.folder / "store"
        self.folder.chmod(0o755)  # the server's own user passes
        self.world = World(self.folder, self.store, seed=7)
        self.sent: set[str] = set()
        self.delivered: set[str] = set()

    def teardown(self) -> None:
        try:
            if not self.failed:
                self.finish()
        except Exception as error:
            self.note(error)
            raise
        finally:
            self.world.close()
            shutil.rmtree(self.folder)

    def finish(self) -> None:
        """Let everything come to rest, then compare."""
        self.deliver_all()
        self.world.drain()
        self.world.read()
        self.world.read(sweep=True)
        self.world.drain()
        self.world.compare(sent=self.sent, delivered=self.delivered)

    def send(self, parcels: list[Parcel]) -> None:
        self.counted["deliveries"] += len(parcels)
        ids = {one for parcel in parcels for one in parcel.status_change_ids}
        self.sent |= ids
        self.world.deliver(parcels)
        self.delivered |= ids

    @property
    def outbox(self) -> list[Parcel]:
        return self.world.dispatcher.outbox

    def taken(self, number: int) -> list[Parcel]:
        """Take one parcel out of the outbox, any of them; none if it is empty."""
        return [self.outbox.pop(number % len(self.outbox))] if self.outbox else []

    def task(self, number: int) -> Task:
        tasks = [*self.world.workspace.tasks.values()]
        return tasks[number % len(tasks)]

    def list_(self, number: int) -> TaskList:
        lists = [*self.world.workspace.lists.values()]
        return lists[number % len(lists)]

    def entry(self, number: int) -> TimeEntry:
        entries = self.world.workspace.time_entries.values()
        others = [one for one in entries if one.id != self.world.kept_entry_id]
        return others[number % len(others)]

    def rename(self, number: int, _: int) -> None:
        self.world.account.update_task(self.task(number).id, name=f"Name {number}")

    def change_status(self, number: int, other: int) -> None:
        task = self.task(number)
        statuses = self.world.workspace.statuses_of(task.list_id)
        name = statuses[other % len(statuses)].name
        self.world.account.update_task(task.id, status=name)

    def change_several(self, number: int, _: int) -> None:
        task = self.task(number)
        account, due_ms = self.world.account, 1772600000000 + number
        account.update_task(task.id, priority=number % 4 + 1, points=number / 4)
        account.update_task(task.id, due_ms=due_ms)

    def move(self, number: int, other: int) -> None:
        self.world.account.move_task(self.task(number).id, self.list_(other).id)

    def create(self, number: int, _: int) -> None:
        task = self.world.account.create_task(self.list_(number).id, name=f"New {number}")
        self.world.made.add(task.id)

    def delete(self, number: int, _: int) -> None:
        task = self.task(number)
        if len(self.world.workspace.tasks) > 20 and number % 3 == 0:
            self.world.account.delete_task(task.id)

    def track_time(self, number: int, age: int) -> None:
        start, length = moment(age * 3600), timedelta(minutes=age)
        self.world.account.add_time_entry(self.task(number).id, start=start, duration=length)

    def edit_time(self, number: int, other: int) -> None:
        entry = self.entry(number)
        if entry.end_ms:
            self.world.account.update_time_entry(entry.id, end_ms=entry.end_ms + other)

    def delete_time(self, number: int, _: int) -> None:
        entry = self.entry(number)
        if len(self.world.workspace.time_entries) > 5:
            self.world.account.delete_time_entry(entry.id)

    def change_a_list(self, number: int, _: int) -> None:
        account, one = self.world.account, self.list_(number)
        if number % 40 == 1 and len(self.world.workspace.lists) > 4:
            account.delete(one.id)
        elif number % 7 == 1:
            account.archive(one.id, archived=not one.archived)
        else:
            account.rename(one.id, f"List {number}")

    def deliver_all(self, *_: int) -> None:
        parcels, self.outbox[:] = [*self.outbox], []
        self.send(parcels)

    def deliver_any(self, number: int, _: int) -> None:
        self.send(self.taken(number))

    def deliver_twice(self, number: int, _: int) -> None:
        self.send(self.taken(number) * 2)

    def drop(self, number: int, _: int) -> None:
        """Lose a parcel: ClickUp never sends it."""
        self.taken(number)

    def cut(self, number: int, _: int) -> None:
        """Break the connection in the middle of a parcel; then send it as a whole."""
        for parcel in self.taken(number):
            self.world.dispatcher.cut(parcel)
            self.send([parcel])

    def disturb(self, number: int, _: int) -> None:
        disturbance = {
            1: self.kill_receiver,
            2: self.world.kill_target,
            3: self.world.kill_store,
            4: self.world.read,
        }.get(number % 8)
        if disturbance:
            self.counted[disturbance.__name__] += 1
            disturbance()

    @rule(what=st.sampled_from(RULES), number=NUMBER, other=NUMBER)
    def step(self, what: str, number: int, other: int) -> None:
        """Let one thing happen. One rule for all: hypothesis would leave some out of each run."""
        self.counted["steps"] += 1
        self.counted[what] += 1
        self.steps.append((what, number, other))
        try:
            getattr(self, what)(number, other)
        except Exception as error:
            self.note(error)
            raise

    def note(self, error: Exception) -> None:
        """Keep what went wrong, with the steps and the log that led there."""
        log = self.world.receiver.log[-4000:]
        error.add_note(f"CHAOS_SEED={SEED}, after {self.steps}\n{log}")
        self.failed.append(error)

    def kill_receiver(self) -> None:
        """Kill it; what is sent meanwhile is lost, and counted until one arrives again."""
        self.world.receiver.kill()
        for parcel in self.taken(0):
            assert not self.world.dispatcher.send(parcel)
        self.world.receiver.start()
        for webhook_id in self.world.workspace.webhooks:
            self.world.account.update_webhook(webhook_id, health="active", fail_count=0)


def test_the_store_ends_as_clickup_is_whatever_happens() -> None:
    """R38, R56, R70, R77. Longer by CHAOS_EXAMPLES and CHAOS_STEPS, the same by CHAOS_SEED."""
    Chaos.counted.clear()
    Chaos.failed.clear()
    wanted = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    try:
        run_state_machine_as_test(seed(SEED)(Chaos), settings=wanted)
    finally:
        if Chaos.failed:
            raise Chaos.failed[0]
    print(f"CHAOS_SEED={SEED}", dict(Chaos.counted))  # noqa: T201 - what was shown
    assert Chaos.counted["steps"] >= STEPS
    assert Chaos.counted["steps"] < 1_000 or set(Chaos.counted) >= set(RULES)
