"""A signal stops a run of the command, and the next run resumes from its state."""

from __future__ import annotations

import signal
import subprocess
from datetime import datetime, timedelta
from threading import Event
from typing import TYPE_CHECKING

import pytest

from fake_clickup import Account, FakeClickUp, generate
from tests.fake_clickup.client import get_all_tasks, get_live_tasks
from tests.tap_clickup.dates import ms_to_iso
from tests.tap_clickup.runner import (
    ALL_TIME,
    COMMAND,
    TapRun,
    environment,
    expected_versions,
    is_task_page,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fake_clickup import Behaviour, Request
    from tests.tap_clickup.runner import TapRunner


@pytest.fixture
def paused(behaviour: Behaviour) -> Iterator[tuple[Event, Event]]:
    """Hold the 15th page of live tasks; yield the events `reached` and `released`."""
    reached, go_on = Event(), Event()
    pages: list[str] = []

    def pause(request: Request, account: Account) -> None:
        if is_task_page(request, account.workspaces[0], archived=False):
            pages.append(request.path)
            if len(pages) == 15:
                reached.set()
                go_on.wait(timeout=20)

    behaviour.on_request, behaviour.rate_limited = pause, False
    yield reached, go_on
    go_on.set()


class TestBackfill:
    """Runs that are stopped in the middle, while a response is pending."""

    @pytest.fixture
    def account(self) -> Account:
        return generate(seed=5, tasks=2_600, time_entries=0)

    def stop(
        self, clickup: FakeClickUp, paused: tuple[Event, Event], number: int, out: Path
    ) -> tuple[int, TapRun]:
        """Return the exit code and the output of a run that is stopped by a signal.

        Only SIGKILL may cut the last line: it stops the process between two writes of a buffer.
        """
        values = {
            **environment(clickup),
            "TAP_CLICKUP_START_DATE": ALL_TIME,
            "TAP_CLICKUP_REQUESTS_PER_MINUTE": "9999",
        }
        with (
            out.open("w", encoding="utf-8") as stdout,
            subprocess.Popen(
                [COMMAND, "--config=ENV"], stdout=stdout, stderr=subprocess.DEVNULL, env=values
            ) as process,
        ):
            assert paused[0].wait(timeout=20)
            process.send_signal(number)
            code = process.wait(timeout=20)
        paused[1].set()
        text = out.read_text(encoding="utf-8")
        whole_lines = text[: text.rindex("\n") + 1]
        assert number == signal.SIGKILL or text == whole_lines
        return code, TapRun(whole_lines)

    @staticmethod
    def before_last_state(run: TapRun) -> int:
        """Return the number of tasks before the last STATE."""
        last = max(n for n, message in enumerate(run.messages) if message["type"] == "STATE")
        records = [message for message in run.messages[:last] if message["type"] == "RECORD"]
        return len([message for message in records if message["stream"] == "tasks"])

    @pytest.mark.parametrize(
        ("number", "code"), [(signal.SIGKILL, -9), (signal.SIGTERM, 143), (signal.SIGINT, 130)]
    )
    def test_stopped_run_exits_nonzero_and_the_next_run_resumes(
        self,
        run_tap: TapRunner,
        paused: tuple[Event, Event],
        tmp_path: Path,
        number: signal.Signals,
        code: int,
    ) -> None:
        """R32, R135: an interrupted backfill resumes, and only the overlap is read again."""
        exit_code, interrupted = self.stop(run_tap.clickup, paused, number, tmp_path / "out.singer")
        rest = run_tap(state=interrupted.state, requests_per_minute=9999)
        workspace = run_tap.clickup.account.workspaces[0]
        expected = {(task.id, ms_to_iso(task.updated_ms or 0)) for task in get_all_tasks(workspace)}
        read_versions = [
            (row["id"], row["date_updated"])
            for run in (interrupted, rest)
            for row in run.rows("tasks")
        ]
        assert exit_code == code
        assert set(read_versions) ^ expected == set()
        live_ids = {task.id for task in get_live_tasks(workspace)}
        read_before = [
            task_id for task_id in interrupted.column("tasks", "id") if task_id in live_ids
        ]
        read_after = [task_id for task_id in rest.column("tasks", "id") if task_id in live_ids]
        # Page 15 was requested once page 13 was written; a killed process loses its buffer.
        assert 1_150 < len(read_before) <= 1_400
        assert 0 < self.before_last_state(interrupted) <= len(interrupted.rows("tasks"))
        cursor = datetime.fromisoformat(interrupted.task_cursors[workspace.id] or "")
        since_ms = round((cursor - timedelta(minutes=10)).timestamp() * 1000)
        assert set(read_after) == {
            id_ for id_, _ in expected_versions(get_live_tasks(workspace), since_ms=since_ms)
        }
        assert len(read_after) < len(live_ids) - 300
