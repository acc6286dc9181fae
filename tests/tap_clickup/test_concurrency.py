"""Concurrent reads in one run: they overlap, within limits, and end with the run."""

from __future__ import annotations

import signal
import subprocess
import threading
from collections import Counter
from email.utils import formatdate
from typing import TYPE_CHECKING

import pytest
import requests

from fake_clickup import Account, Fault, generate
from tap_clickup.client import MAX_IN_FLIGHT
from tap_clickup.prefetch import THREAD_NAME
from tap_clickup.readers.task_reader import ARCHIVED_LIST_WORKERS
from tests.fake_clickup.client import get_all_tasks
from tests.support.clocks import AutojumpClock
from tests.support.waiting import wait_until
from tests.tap_clickup.runner import (
    ALL_TIME,
    COMMAND,
    TIMEOUT_SECONDS,
    TapRun,
    environment,
    expected_versions,
    is_task_page,
    task_versions,
)

if TYPE_CHECKING:
    from pathlib import Path

    from fake_clickup import Behaviour, Request
    from fake_clickup.model import Workspace
    from tests.tap_clickup.runner import Row, TapRunner

FAST: Row = {"start_date": ALL_TIME, "requests_per_minute": 100_000, "time_tracking": False}
SHORT_WAIT_SECONDS = 0.1
"""Seconds of real time in which an unwanted request would arrive."""


def read_name(request: Request, account: Account) -> str | None:
    """Return the name of the task read that a request belongs to."""
    for number, workspace in enumerate(account.workspaces):
        for archived, name in ((False, "live"), (True, "archived")):
            if is_task_page(request, workspace, archived=archived):
                return f"{name} {number}"
        if request.path.endswith("/task") and request.path.split("/")[-2] in workspace.lists:
            return f"archives {number}"
    return None


def is_first_page(request: Request) -> bool:
    """Return whether a request is the first of a task read that starts at `ALL_TIME`."""
    return request.query["date_updated_gt"] == ["1735689599999"]


READ_NAMES = {f"{name} {number}" for name in ("live", "archived", "archives") for number in (0, 1)}


def is_complete(run: TapRun, *workspaces: Workspace) -> bool:
    """Return whether a run wrote all tasks of some workspaces and left no thread behind."""
    are_complete = [
        task_versions(run, workspace) == expected_versions(get_all_tasks(workspace))
        for workspace in workspaces
    ]
    return all(are_complete) and THREAD_NAME not in {
        thread.name for thread in threading.enumerate()
    }


@pytest.mark.parametrize("slow", sorted(READ_NAMES))
def test_slow_response_does_not_block_concurrent_reads(
    run_tap: TapRunner, account: Account, behaviour: Behaviour, slow: str
) -> None:
    """The first response of one read is held until all others, in both workspaces, have started."""
    requested: set[str] = set()
    all_others, timed_out = threading.Event(), []

    def hold_response(request: Request, _: Account) -> None:
        name = read_name(request, account)
        if name == slow and name not in requested:
            timed_out.append(not all_others.wait(TIMEOUT_SECONDS))
        if name:
            requested.add(name)
        if requested >= READ_NAMES - {slow}:
            all_others.set()

    behaviour.on_request = hold_response
    run = run_tap(**FAST)
    assert is_complete(run, *account.workspaces)
    assert run.error is None
    assert not any(timed_out)
    assert requested == READ_NAMES


class TestThreeWorkspaces:
    @pytest.fixture
    def account(self) -> Account:
        return generate(seed=7, tasks=120, workspaces=3, time_entries=0)

    def test_at_most_eight_requests_are_concurrent(
        self,
        run_tap: TapRunner,
        account: Account,
        behaviour: Behaviour,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """Ten are possible: live and archived tasks and hierarchy per workspace, and webhooks."""
        counts, lock = Counter[str](), threading.Lock()
        full, ninth = threading.Event(), threading.Event()
        send = requests.Session.request

        def counted(
            session: requests.Session, method: str, url: str, **options: object
        ) -> requests.Response:
            with lock:
                counts["now"] += 1
                counts["most"] = max(counts["most"], counts["now"])
            try:
                return send(session, method, url, **options)  # type: ignore[arg-type] # passed on
            finally:
                with lock:
                    counts["now"] -= 1

        def hold_response(request: Request, _: Account) -> None:
            if request.path.endswith("/team") or full.is_set():
                return
            with lock:
                counts["held"] += 1
                if counts["held"] == MAX_IN_FLIGHT:
                    full.set()
                if counts["held"] > MAX_IN_FLIGHT:
                    ninth.set()
            assert full.wait(TIMEOUT_SECONDS)
            ninth.wait(SHORT_WAIT_SECONDS)

        monkeypatch.setattr(requests.Session, "request", counted)
        behaviour.on_request = hold_response
        run = run_tap(**FAST)
        assert is_complete(run, *account.workspaces)
        assert run.error is None
        assert counts["most"] == 8
        assert not ninth.is_set()


def test_reads_are_at_most_one_page_ahead_of_the_writer(
    run_tap: TapRunner, account: Account, behaviour: Behaviour
) -> None:
    """While the webhooks are pending, each read has one page waiting and one requested."""
    requested: Counter[str] = Counter()
    both_waiting, one_more = threading.Event(), threading.Event()
    at_stall: list[Counter[str]] = []

    def hold_response(request: Request, _: Account) -> None:
        if name := read_name(request, account):
            requested[name] += 1
            counts = requested["live 0"], requested["live 1"]
            if counts == (2, 2):
                both_waiting.set()
            if max(counts) > 2:
                one_more.set()
        if request.path.endswith("/webhook") and not at_stall:
            assert both_waiting.wait(TIMEOUT_SECONDS)
            one_more.wait(SHORT_WAIT_SECONDS)
            at_stall.append(requested.copy())

    behaviour.on_request = hold_response
    run = run_tap(**FAST)
    assert is_complete(run, *account.workspaces)
    most = {name: 2 * ARCHIVED_LIST_WORKERS if "archives" in name else 2 for name in READ_NAMES}
    assert {name for name in READ_NAMES if at_stall[0][name] > most[name]} == set()
    assert requested["live 0"] > 2


class TestRateLimit:
    @pytest.fixture
    def clock(self) -> AutojumpClock:
        return AutojumpClock()

    @pytest.mark.parametrize("limit", [20, 30])
    def test_concurrent_threads_stay_below_the_rate_limit(
        self, run_tap: TapRunner, account: Account, behaviour: Behaviour, limit: int
    ) -> None:
        """R134: the limit is read from ClickUp's header, and no request is rejected with 429."""
        behaviour.limit_per_minute, started_at = limit, run_tap.clock.seconds
        run = run_tap(start_date=ALL_TIME, time_tracking=False)
        assert is_complete(run, *account.workspaces)
        assert run.error is None
        assert {request.status for request in run_tap.clickup.requests} == {200}
        assert len(run_tap.clickup.requests) > 2 * limit
        assert run_tap.clock.seconds - started_at > 2 * 61

    def test_429_pauses_all_threads(
        self, run_tap: TapRunner, account: Account, behaviour: Behaviour
    ) -> None:
        """Only requests that were already started still arrive: at most one per concurrent read."""
        clock = run_tap.clock
        assert isinstance(clock, AutojumpClock)
        reset = int(clock.seconds) + 37
        headers = {"X-RateLimit-Reset": str(reset), "Date": formatdate(clock.seconds, usegmt=True)}
        is_limited, early_requests = threading.Event(), Counter[str]()

        def note(request: Request, _: Account) -> None:
            name = read_name(request, account) or "hierarchy or webhooks"
            if is_limited.is_set():
                assert clock.sleeping.wait(TIMEOUT_SECONDS)
                early_requests[name] += clock.seconds < int(reset)
            elif name == "live 0":
                is_limited.set()
                path = f"/team/{account.workspaces[0].id}/task$"
                behaviour.faults = [Fault(status=429, headers=headers, path=path)]

        behaviour.on_request = note
        run = run_tap(**FAST)
        assert is_complete(run, *account.workspaces)
        assert run.error is None
        assert behaviour.faults == []
        assert sum(early_requests.values()) <= MAX_IN_FLIGHT
        assert "HTTP 429, retrying in" in run.log
        assert clock.seconds >= reset


@pytest.mark.parametrize("number", [0, 1], ids=["first", "second"])
@pytest.mark.parametrize("status", [400, 401], ids=["failed", "denied"])
def test_error_in_one_workspace_leaves_the_other_complete(
    run_tap: TapRunner, account: Account, behaviour: Behaviour, number: int, status: int
) -> None:
    failing_workspace = account.workspaces[number]
    complete_workspace = account.workspaces[1 - number]
    fault = Fault(
        status=status, body={"ECODE": "OAUTH_027"}, path=f"/team/{failing_workspace.id}/task$"
    )

    def fail(request: Request, _: Account) -> None:
        if read_name(request, account) == f"live {number}" and not is_first_page(request):
            behaviour.faults = [fault]

    behaviour.on_request = fail
    run = run_tap(**FAST)
    behaviour.on_request = None
    assert is_complete(run, complete_workspace)
    assert {what for what, _ in run.read_failures} == {"stream tasks"}
    assert bool(run.error) is (status == 400)
    assert {row["workspace_id"]: row["complete"] for row in run.rows("sync_runs")} == {
        failing_workspace.id: False,
        complete_workspace.id: True,
    }


def test_revoked_token_stops_all_concurrent_reads(
    run_tap: TapRunner, account: Account, behaviour: Behaviour
) -> None:
    """Each read sends at most one more request, and no later stream starts."""

    def revoke(request: Request, _: Account) -> None:
        if read_name(request, account) == "live 0":
            account.token, request.token_ok = "pk_1_REVOKEDREVOKED", False

    behaviour.on_request = revoke
    run = run_tap(**FAST)
    assert run.error
    assert run.error.startswith("401 Unauthorized: the token is wrong")
    assert len([request for request in run_tap.clickup.requests if request.status == 401]) <= 8
    assert run.rows("users") == []
    assert THREAD_NAME not in {thread.name for thread in threading.enumerate()}


def test_sigterm_ends_the_command_while_its_requests_are_pending(
    run_tap: TapRunner, account: Account, behaviour: Behaviour, tmp_path: Path
) -> None:
    """R135: it ends although a response is missing, and wrote only whole lines."""
    is_pending, released = threading.Event(), threading.Event()

    def hold_response(request: Request, _: Account) -> None:
        if read_name(request, account) == "live 0" and not is_first_page(request):
            is_pending.set()
            released.wait(TIMEOUT_SECONDS)

    behaviour.on_request = hold_response
    settings = {**environment(run_tap.clickup), "TAP_CLICKUP_START_DATE": ALL_TIME}
    output = tmp_path / "output.singer"
    with (
        output.open("wb") as stdout,
        subprocess.Popen(
            [COMMAND, "--config=ENV"], env=settings, stdout=stdout, stderr=subprocess.DEVNULL
        ) as process,
    ):
        assert is_pending.wait(TIMEOUT_SECONDS)
        wait_until(lambda: output.stat().st_size)
        process.send_signal(signal.SIGTERM)
        exit_code = process.wait(timeout=TIMEOUT_SECONDS / 2)
        released.set()
    written = output.read_text(encoding="utf-8")
    assert exit_code == 143
    assert written.endswith("\n")
    assert TapRun(written).messages[0]["type"] == "STATE"
