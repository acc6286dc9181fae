"""Storms of webhooks: how many requests it takes to load what they report.

Many tasks are edited within minutes while nothing is loaded. Then a feeder loads all events, from
an inbox and a fake ClickUp without a rate limit, and a target that only keeps the names of the
tasks. A task counts as lost if its last name did not arrive. A search returns 100 tasks, so all
tasks need a hundredth as many requests. For comparison, each batch of the smaller storms also
reads on its own, as if the receiver were started again for it.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from clickup_receiver.feed.feeder import Feeder
from clickup_receiver.feed.message_source import EventMessageSource
from clickup_receiver.inbox.events import decode_body, parse_event
from clickup_receiver.inbox.inbox import Delivery, Inbox
from clickup_receiver.webhooks.secret_store import WebhookSecrets
from fake_clickup import Behaviour, FakeClickUp, generate
from tap_clickup.tap import TapClickUp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from benchmarks.goals import Figures
    from clickup_receiver.feed.feeder import SingerBatch
    from clickup_receiver.inbox.inbox import PendingEvent
    from fake_clickup.model import Workspace

EVENTS = (2_000, 6_000, 20_000)
MOST_EVENTS_ALONE = 6_000
"""Batches of larger storms are not read on their own: they need ten times as many pages, each of
which takes the fake ClickUp long."""
TASKS_PER_EVENT = 0.8
EDITS_PER_SECOND = 100
WEBHOOK_ID = "4b67ac88-e506-4a29-9d42-26e504e3435e"
NO_LIMIT = 1_000_000
PAGE_SIZE = 100
SIZES: dict[str, Any] = {
    "archived_lists": 0,
    "archived_folders": 0,
    "archived_spaces": 0,
    "time_entries": 0,
}
"""A search does not return what is in archived places; such tasks are read one by one."""


@dataclass
class _Names:
    """A target that keeps the last name of each task, by id."""

    names: dict[str, str] = field(default_factory=dict)

    def load(self, lines: Iterable[bytes]) -> None:
        for line in lines:
            message = json.loads(line)
            if message["type"] == "RECORD" and message["stream"] == "tasks":
                self.names[message["record"]["id"]] = message["record"]["name"]


def measure_storms(folder: Path) -> list[Figures]:
    """Return the figures of each storm, smallest first."""
    return [_measure_storm(folder, events) for events in EVENTS]


def _measure_storm(folder: Path, events: int) -> Figures:
    tasks = round(events * TASKS_PER_EVENT)
    account = generate(seed=3, tasks=tasks + tasks // 5, workspaces=1, **SIZES)
    (workspace,) = account.workspaces
    behaviour = Behaviour(limit_per_minute=NO_LIMIT)
    with FakeClickUp(account, behaviour=behaviour) as clickup:
        edits = list(_edit(clickup, workspace, tasks=tasks, events=events))
        edited = {edit.event.object_id for edit in edits if edit.event}
        requests: dict[str, int] = {}
        lost = 0
        variants = {"requests": True}
        if events <= MOST_EVENTS_ALONE:
            variants["requests_alone"] = False
        for name, is_shared in variants.items():
            inbox = Inbox(folder / f"{name}-{events}.sqlite")
            inbox.add(edits)
            target = _Names()
            before = len(clickup.requests)
            _feed(inbox, clickup, target, is_shared=is_shared)
            inbox.close()
            requests[name] = len(clickup.requests) - before
            lost += sum(target.names.get(key) != workspace.tasks[key].name for key in edited)
    pages = -(-len(edited) // PAGE_SIZE)
    figures = {
        "events": events,
        "tasks": len(edited),
        "pages_needed": pages,
        "requests_alone": None,
        **requests,
        "times_needed": round(requests["requests"] / pages, 2),
        "lost": lost,
    }
    print(f"storm: {figures}")
    return figures


def _edit(
    clickup: FakeClickUp, workspace: Workspace, *, tasks: int, events: int
) -> Iterator[Delivery]:
    """Rename tasks one after the other, and yield the delivery of each edit."""
    chooser = random.Random(events)  # noqa: S311 - reproducible
    task_ids = sorted(task.id for task in workspace.tasks.values() if not task.archived)[:tasks]
    begin = datetime.now(UTC) - timedelta(seconds=events / EDITS_PER_SECOND)
    for number in range(events):
        task_id = chooser.choice(task_ids)
        at = begin + timedelta(seconds=number / EDITS_PER_SECOND)
        clickup.account.bulk_update([task_id], at=at, name=f"Edit {number}")
        yield Delivery(f"signature {number}", WEBHOOK_ID, parse_event(_body(task_id, at, number)))


def _body(task_id: str, at: datetime, number: int) -> dict[str, Any]:
    item = {"id": str(number), "field": "name", "date": str(int(at.timestamp() * 1000))}
    event = {
        "event": "taskUpdated",
        "task_id": task_id,
        "webhook_id": WEBHOOK_ID,
        "history_items": [item],
    }
    return decode_body(json.dumps(event).encode())


def _feed(inbox: Inbox, clickup: FakeClickUp, target: _Names, *, is_shared: bool) -> None:
    (workspace,) = clickup.account.workspaces
    config = {
        "api_url": clickup.api_url,
        "api_token": clickup.token,
        "requests_per_minute": NO_LIMIT,
    }

    def new_source() -> EventMessageSource:
        return EventMessageSource(
            lambda: TapClickUp(config=config),
            lambda: {WEBHOOK_ID: WebhookSecrets(workspace.id, ("SECRET",))},
            lambda: None,
        )

    shared = new_source()

    def build(events: list[PendingEvent], pending_count: int) -> SingerBatch:
        source = shared if is_shared else new_source()
        return source.build_messages(events, pending_count)

    feeder = Feeder(inbox, build_messages=build, load=target.load)
    while feeder.feed():
        pass
