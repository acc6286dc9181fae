"""Thousands of tasks are edited during the first load; after one poll every task is correct."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING

import pytest

from fake_clickup import generate
from tap_clickup.streams import base
from tap_clickup.streams.tasks import Tasks
from tests.fake_clickup.client import get_all_tasks, get_searchable_tasks
from tests.support.clocks import CrashingClock, SimulatedCrashError
from tests.support.scale import scaled
from tests.tap_clickup.dates import ms_to_iso
from tests.tap_clickup.runner import ALL_TIME, TapRun, updated_ms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from fake_clickup import Account, Behaviour, Request
    from fake_clickup.model import Task, Workspace
    from tests.support.clocks import SimulatedClock
    from tests.tap_clickup.runner import Row, TapRunner

EDITS = 4_000
"""Number of edits, each of one task or of many at once."""
BULK = 130
"""Number of tasks in a bulk edit: more than a page contains."""
OLD_BULK = 250
"""Number of tasks in a bulk edit that the load reads first, while single tasks are edited."""
FAST: Row = {"requests_per_minute": 100_000, "start_date": ALL_TIME}
TaskRow = tuple[str, str, str, bool, str]


@dataclass
class EditStorm:
    """Edits tasks that a workspace search returns, at each request, until no edit is left.

    Only edits that change `date_updated` in ClickUp are made; the others are for the sweep to
    find. They are spread over hours, so that the overlap of ten minutes hides no lost edit. Each
    is dated up to `max_delay_seconds` ago.
    """

    account: Account
    clock: SimulatedClock
    seed: int
    edits_left: int = EDITS
    max_delay_seconds: float = 0
    at_request: Callable[[int], None] | None = None
    edit_kinds: set[str] = field(default_factory=set)
    requests: int = 0
    lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)  # noqa: S311 - guards nothing

    def __call__(self, _: Request, __: Account) -> None:
        with self.lock:
            self.requests += 1
            for _number in range(min(self.edits_left, self.rng.randrange(50))):
                self.edit(self.rng.choice(self.account.workspaces))
            if self.edits_left and self.rng.random() < 0.2:
                self.bulk(self.rng.choice(self.account.workspaces))
            if self.at_request:
                self.at_request(self.requests)

    def edit(self, workspace: Workspace) -> None:
        """Make one random edit."""
        self.edits_left -= 1
        self.clock.seconds += self.rng.choice((0, 0.001, 4))
        lists = [list_id for list_id in workspace.lists if not workspace.is_archived_list(list_id)]
        task, target_list_id = self._task(workspace), self.rng.choice(lists)
        edit_kinds = {"rename": 5, "status": 4, "archive": 2, "move": 2, "create": 1}
        kind = self.rng.choices(list(edit_kinds), weights=list(edit_kinds.values()))[0]
        self.edit_kinds.add(kind)
        if kind == "rename":
            at = max(
                self.clock.seconds - self.rng.random() * self.max_delay_seconds,
                updated_ms(task) / 1000,
            )
            made_at = datetime.fromtimestamp(at + 0.001, tz=UTC)
            self.account.update_task(task.id, at=made_at, name=f"Edit {self.edits_left}")
        elif kind == "status":
            names = [status.name for status in workspace.statuses_of(task.list_id)]
            self.account.update_task(task.id, status=self.rng.choice(names))
        elif kind == "archive":
            self.account.archive_task(task.id, archived=not task.archived)
        elif kind == "create":
            self.account.create_task(target_list_id, name=f"New {self.edits_left}")
        elif not workspace.subtask_ids(task.id):  # subtasks move along and keep their dates
            self.account.move_task(task.id, target_list_id)

    def bulk(self, workspace: Workspace) -> None:
        """Edit more tasks than a page contains in one millisecond."""
        tasks = self.rng.sample(get_searchable_tasks(workspace), BULK)
        self.edits_left -= min(self.edits_left, BULK)
        self.account.bulk_update([task.id for task in tasks], priority=self.rng.randint(1, 4))

    def _task(self, workspace: Workspace) -> Task:
        while True:
            task = workspace.tasks[self.rng.choice(list(workspace.tasks))]
            if not workspace.is_archived_list(task.list_id):
                return task


@pytest.fixture
def clock() -> CrashingClock:
    return CrashingClock()


@pytest.fixture
def account(clock: CrashingClock) -> Account:
    """Return 1,500 tasks, last edited a day before the hours of the edits."""
    clock.seconds -= 6 * 3_600
    yesterday = datetime.fromtimestamp(clock.seconds, tz=UTC) - timedelta(days=1)
    return generate(seed=11, now=yesterday, tasks=750, workspaces=2, time_entries=0)


@pytest.fixture
def edit_storm(
    account: Account, clock: CrashingClock, behaviour: Behaviour, seed: int
) -> EditStorm:
    for workspace in account.workspaces:
        tasks = [task.id for task in get_searchable_tasks(workspace) if not task.archived][
            :OLD_BULK
        ]
        account.bulk_update(tasks, at=datetime(2025, 1, 2, tzinfo=UTC), priority=1)
    behaviour.on_request = new_storm = EditStorm(account, clock, seed)
    return new_storm


def newest_rows(runs: Iterable[TapRun]) -> dict[str, TaskRow]:
    """Return the rows a target has after some runs: the newest version of each task."""
    newest_versions: dict[str, tuple[tuple[str, str], Row]] = {}
    for message in [message for run in runs for message in run.records("tasks")]:
        row = message["record"]
        version = row["date_updated"], message["time_extracted"]
        if row["id"] not in newest_versions or version >= newest_versions[row["id"]][0]:
            newest_versions[row["id"]] = version, row
    names = ("name", "status", "list_id", "archived", "date_updated")
    return {
        task_id: tuple(row[name] for name in names) for task_id, (_, row) in newest_versions.items()
    }


def expected_rows(account: Account) -> dict[str, TaskRow]:
    """Return the same rows as they are in ClickUp."""
    return {
        task.id: (
            task.name,
            workspace.status_of(task).name,
            task.list_id,
            task.archived,
            ms_to_iso(updated_ms(task)),
        )
        for workspace in account.workspaces
        for task in get_all_tasks(workspace)
    }


@pytest.mark.parametrize("inclusive", [True, False])
@pytest.mark.parametrize("seed", range(scaled(1, full=20)))
def test_concurrent_edits_are_complete_after_one_poll(
    run_tap: TapRunner,
    account: Account,
    behaviour: Behaviour,
    edit_storm: EditStorm,
    *,
    inclusive: bool,
) -> None:
    behaviour.updated_gt_inclusive = inclusive
    load = run_tap(**FAST)
    behaviour.on_request = None
    poll = run_tap(**FAST, state=load.state)
    assert load.error is None
    assert poll.error is None
    assert edit_storm.edits_left == 0
    assert edit_storm.edit_kinds == {"rename", "status", "archive", "move", "create"}
    assert newest_rows([load, poll]) == expected_rows(account)


@pytest.mark.parametrize("seed", range(20, 20 + scaled(1, full=20)))
def test_late_index_updates_are_found_by_the_overlap(
    run_tap: TapRunner, account: Account, behaviour: Behaviour, edit_storm: EditStorm
) -> None:
    """The lag differs between requests, so a task that was returned once may be missing next."""

    def lag(_: int) -> None:
        behaviour.index_lag = edit_storm.rng.choice((0, 0.05, 3))
        edit_storm.clock.seconds += 0.1

    edit_storm.at_request, edit_storm.max_delay_seconds = lag, 60
    load = run_tap(**FAST)
    behaviour.on_request, behaviour.index_lag = None, 3
    edit_storm.clock.sleep(4)
    poll = run_tap(**FAST, state=load.state)
    assert load.error is None
    assert poll.error is None
    assert newest_rows([load, poll]) == expected_rows(account)


@pytest.mark.parametrize("dies_at", [50, 75, 90])
@pytest.mark.parametrize("seed", [30])
def test_killed_run_resumes_from_its_last_state(
    run_tap: TapRunner,
    edit_storm: EditStorm,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    dies_at: int,
) -> None:
    """A STATE is written after each page, so there are cursors to resume from."""
    monkeypatch.setattr(base, "STATE_INTERVAL_SECONDS", 0)
    behaviour, clock = run_tap.clickup.behaviour, run_tap.clock
    assert isinstance(clock, CrashingClock)

    def die(requests: int) -> None:
        clock.crashes = requests >= dies_at

    edit_storm.at_request = die
    with pytest.raises(SimulatedCrashError):
        run_tap(**FAST)
    killed = TapRun(capsys.readouterr().out)
    assert any(cursors(killed.state))
    edit_storm.at_request, clock.crashes = None, False
    rest = run_tap(**FAST, state=killed.state)
    behaviour.on_request = None
    poll = run_tap(**FAST, state=rest.state)
    assert rest.error is None
    assert poll.error is None
    assert newest_rows([killed, rest, poll]) == expected_rows(edit_storm.account)


def cursors(state: Row) -> list[dict[str, str]]:
    partitions = state.get("bookmarks", {}).get("tasks", {}).get("partitions", [])
    return [partition.get("cursors", {}) for partition in partitions]


@pytest.mark.parametrize("seed", [40])
def test_truncated_output_resumes_from_its_last_state(
    run_tap: TapRunner,
    account: Account,
    behaviour: Behaviour,
    edit_storm: EditStorm,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever a target loaded before it ended, the next run returns the rest."""
    monkeypatch.setattr(Tasks, "STATE_MSG_FREQUENCY", 100)
    lines = run_tap(**FAST).stdout.splitlines(keepends=True)
    behaviour.on_request = None
    for share in (0.2, 0.5, 0.7):
        truncated = TapRun("".join(lines[: int(len(lines) * share)]))
        rest = run_tap(**FAST, state=truncated.state)
        assert rest.error is None
        assert newest_rows([truncated, rest]) == expected_rows(account)
    assert edit_storm.edits_left == 0


@pytest.mark.parametrize("seed", [50])
def test_edits_without_date_change_are_found_by_the_sweep(
    run_tap: TapRunner, account: Account, behaviour: Behaviour, edit_storm: EditStorm
) -> None:
    """Subtasks that move with their parent keep their dates, and no search shows archived lists."""
    load = run_tap(**FAST)
    behaviour.on_request = None
    for workspace in account.workspaces:
        parents = [
            task for task in get_searchable_tasks(workspace) if workspace.subtask_ids(task.id)
        ][:20]
        for task in parents:
            account.move_task(task.id, edit_storm.rng.choice(list(workspace.lists)))
        hidden = [
            task for task in get_all_tasks(workspace) if workspace.is_archived_list(task.list_id)
        ]
        account.bulk_update([task.id for task in hidden], name="Edited in the archive")
    poll = run_tap(**FAST, state=load.state)
    sweep = run_tap(**FAST, sweep=True)
    assert load.error is None
    assert poll.error is None
    assert sweep.error is None
    assert newest_rows([load, poll]) != expected_rows(account)
    assert newest_rows([load, poll, sweep]) == expected_rows(account)


@pytest.mark.parametrize("inclusive", [True, False])
@pytest.mark.parametrize("seed", [60])
def test_sweep_during_concurrent_edits_reports_every_task(
    run_tap: TapRunner, account: Account, behaviour: Behaviour, seed: int, *, inclusive: bool
) -> None:
    """A task that is archived and restored three times in one sweep can evade every pass."""
    rng, behaviour.updated_gt_inclusive = random.Random(seed), inclusive  # noqa: S311 - guards nothing
    run_tap.clock.sleep(6 * 3_600)  # to the real time, which a sweep uses
    before = {task.id for workspace in account.workspaces for task in get_all_tasks(workspace)}
    touched: Counter[str] = Counter()

    def edit(_: Request, __: Account) -> None:
        with account.lock:
            workspace = rng.choice(account.workspaces)
            searchable = get_searchable_tasks(workspace)
            for task in rng.sample(searchable, 8):
                touched[task.id] += 1
                archived = task.archived is (touched[task.id] > 2)
                account.archive_task(task.id, archived=archived)
                account.move_task(task.id, rng.choice(searchable).list_id)
                account.create_task(task.list_id, name="New")

    behaviour.on_request = edit
    sweep = run_tap(**FAST, sweep=True)
    swept_keys = [row["keys"] for row in sweep.rows("completed_reads") if row["stream"] == "tasks"]
    assert before - {key[0] for keys in swept_keys for key in keys} == set()
