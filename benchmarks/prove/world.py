"""The fake ClickUp of the story, in a process of its own, and what it does to a chain.

`World` is that process as the benchmark's process sees it; `Served` lives in the process itself.
The disturbances depend on the number of responses sent, never on the clock.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from functools import partial
from threading import Event, Lock
from typing import TYPE_CHECKING

from benchmarks.child import ChildProcess, answer_calls
from benchmarks.clickup_process import NO_LIMIT, generated_account, respond_to_peer
from benchmarks.prove.comparison import KnownTransitions, compare_rows, compare_transitions
from benchmarks.prove.stored_rows import (
    OURS,
    PEER,
    StoreReader,
    true_tasks,
    true_time_entries,
)
from benchmarks.prove.story import Sizes, Story
from fake_clickup import Behaviour, FakeClickUp, Fault, WebhookSender

if TYPE_CHECKING:
    from datetime import datetime
    from multiprocessing.connection import Connection

    from benchmarks.prove.comparison import Differences
    from fake_clickup import Account, Request

SEED = 20
PAGES_PER_EDIT = 2
"""Pages of live tasks that are served between two edits of the back-fill."""
SLOW_SECONDS = 1.0
"""Longer than the time between two states of a tap, so that the pages before are in the state."""
OK = 200
HOLD_SECONDS = 600
TASKS_PATH = r"/team/[^/]+/task$"
FEEDER_PATH = r"/task(/|$)"
DROPPED = 5
"""One in this many edits loses its webhooks."""


@dataclass(frozen=True)
class WorldSizes:
    """The size of the story, and the page of live tasks at which the commands are killed."""

    tasks: int
    kill_page: int
    edits: Sizes


@dataclass(frozen=True)
class StoreResult:
    """How a chain's store differs from ClickUp at the end."""

    tasks_at_first: int
    time_entries_at_first: int
    users: int
    tasks: Differences
    lost_in_archived_lists: int
    time_entries: Differences
    transitions: KnownTransitions | None
    status_changes: int


class World(ChildProcess):
    """The process with the fake ClickUp, running within a `with` block.

    Its calls are the methods of `Served`.
    """

    def __init__(self, sizes: WorldSizes, *, peer: bool) -> None:
        super().__init__(_serve, sizes, peer)

    @property
    def api_url(self) -> str:
        """The base of every address."""
        return str(self.greeting[0])

    @property
    def token(self) -> str:
        """The token that the fake ClickUp accepts."""
        return str(self.greeting[1])


def _serve(connection: Connection, sizes: WorldSizes, peer: bool) -> None:  # noqa: FBT001 - positional in a process
    account = generated_account(sizes.tasks)
    behaviour = Behaviour(limit_per_minute=NO_LIMIT)
    with FakeClickUp(account, behaviour=behaviour) as clickup:
        served = Served(clickup, sizes, peer=peer)
        try:
            answer_calls(connection, (clickup.api_url, clickup.token), partial(getattr, served))
        finally:
            served.release()


class Served:
    """The story in the process of the fake ClickUp; its public methods are the calls."""

    def __init__(self, clickup: FakeClickUp, sizes: WorldSizes, *, peer: bool) -> None:
        self.clickup = clickup
        self._sizes = sizes
        self._peer = peer
        self._workspace = clickup.account.workspaces[0]
        self._tasks_at_first = len(self._workspace.tasks)
        self._time_entries_at_first = len(self._workspace.time_entries)
        self.story = Story(clickup.account, seed=SEED, sizes=sizes.edits)
        self._sender = WebhookSender(clickup.account)
        self._lock = Lock()
        self._pages = 0
        self._is_backfill = False
        self._held_path: str | None = None
        self._is_held = Event()
        self._is_released = Event()
        behaviour = clickup.behaviour
        behaviour.on_response = self._on_response
        behaviour.on_request = self._on_request

    def begin_backfill(self, since: datetime) -> None:
        """Let people edit from now on, after every second page of live tasks."""
        self.story.clock.now = since
        self._is_backfill = True

    def is_held(self) -> bool:
        """Return whether a response is held back. Raises the error of a failed response."""
        for error in self.clickup.failures:
            raise error
        return self._is_held.is_set()

    def release(self) -> None:
        """Send the response that is held back, and hold none from now on."""
        self._held_path = None
        self._is_released.set()

    def end_backfill(self) -> int:
        """Make the edits that are left of the back-fill; return how many were."""
        self._is_backfill = False
        left = 0
        while self.story.edit_while_read():
            left += 1
        return left

    def morning(self, since: datetime) -> int:
        """Let people work for some hours; the next read of tasks meets a late 429."""
        self.story.clock.now = since
        edits = sum(1 for _ in self.story.morning())
        self.clickup.behaviour.faults.append(_late_rate_limit())
        return edits

    def webhook_hour(self, since: datetime) -> tuple[int, int]:
        """Let people work while webhooks are sent; return how many were accepted and dropped.

        The receiver's first read of a task is held back.
        """
        self.story.clock.now = since
        self._sender.outbox.clear()
        self._is_held.clear()
        self._is_released.clear()
        self._held_path = FEEDER_PATH
        dropped = 0
        for number, _ in enumerate(self.story.webhook_hour(), 1):
            if number % DROPPED == 0:
                dropped += len(self._sender.outbox)
                self._sender.outbox.clear()
            self._sender.send_all()
        return len(self._sender.delivered), dropped

    def work_without_webhooks(self, since: datetime) -> None:
        """Let people work as in the hour with webhooks, in a chain that has none."""
        self.story.clock.now = since
        for _ in self.story.webhook_hour():
            pass

    def evening(self) -> None:
        """Delete, archive and move; the webhooks of it are lost."""
        self.story.evening()
        self._sender.outbox.clear()

    def has_webhook(self) -> bool:
        """Return whether a webhook is registered."""
        return bool(self._workspace.webhooks)

    def requests(self) -> int:
        """Return the number of requests received so far."""
        return len(self.clickup.requests)

    def count_rows(self, url: str) -> int:
        """Return the number of tasks and time entries in the chain's store."""
        with self._store(url) as store:
            return len(store.tasks()) + len(store.time_entries())

    def compare(self, url: str) -> StoreResult:
        """Compare the chain's store with what exists."""
        with self._store(url) as store:
            tasks = true_tasks(self._workspace)
            entries = true_time_entries(self._workspace)
            transitions = store.transitions()
            changes = self.story.status_changes
            differences = compare_rows(tasks, store.tasks())
            return StoreResult(
                tasks_at_first=self._tasks_at_first,
                time_entries_at_first=self._time_entries_at_first,
                users=len(self._workspace.users),
                tasks=differences,
                lost_in_archived_lists=sum(map(self._is_in_archived_list, differences.lost)),
                time_entries=compare_rows(entries, store.time_entries()),
                transitions=(
                    None if transitions is None else compare_transitions(changes, transitions)
                ),
                status_changes=len(changes),
            )

    def _is_in_archived_list(self, task_id: str) -> bool:
        return self._workspace.is_archived_list(self._workspace.tasks[task_id].list_id)

    def _store(self, url: str) -> StoreReader:
        return StoreReader(url, PEER if self._peer else OURS)

    def _on_request(self, request: Request, account: Account) -> None:
        if self._peer:
            respond_to_peer(self.clickup.behaviour, request, account)
        if self._held_path and re.search(self._held_path, request.path):
            self._hold()

    def _on_response(self, request: Request, _: Account) -> None:
        is_page = re.search(TASKS_PATH, request.path) and request.status == OK
        if not (self._is_backfill and is_page) or request.query.get("archived") == ["true"]:
            return
        with self._lock:
            self._pages += 1
            page = self._pages
            if page % PAGES_PER_EDIT == 0:
                self.story.edit_while_read()
        if page == self._sizes.kill_page - 1:
            time.sleep(SLOW_SECONDS)
        elif page == self._sizes.kill_page:
            self._hold()

    def _hold(self) -> None:
        self._is_held.set()
        self._is_released.wait(HOLD_SECONDS)


def _late_rate_limit() -> Fault:
    """Return a 429 whose window has ended while it was on its way."""
    body = {"err": "Rate limit reached", "ECODE": "APP_002"}
    headers = {
        "x-ratelimit-limit": "100",
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": str(int(time.time()) - 2),
    }
    return Fault(429, body, headers=headers, path=TASKS_PATH)
