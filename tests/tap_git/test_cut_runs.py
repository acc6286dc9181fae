"""A run that a signal cuts, in its own process, and the run after it."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.tap_git.repository import Work
from tests.tap_git.running import ORDERS, Run, start

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from tests.tap_git.running import Read


@pytest.fixture
def long(tmp_path: Path) -> Work:
    """More commits than a pipe holds, so that a tap nobody reads from stands in the middle."""
    work = Work(tmp_path / "long")
    work.point("refs/heads/main", work.history(*(b"%d" % n + b"x" * 200 for n in range(1_000)))[-1])
    return work


def cut(tap: subprocess.Popen[str], number: int) -> Run:
    """Read until the second repository's commits come, send the signal, return what was written."""
    assert tap.stdout is not None
    lines = []
    for line in tap.stdout:
        lines.append(line)
        if '"local/long","sha"' in line:
            break
    tap.send_signal(number)
    written = "".join([*lines, *tap.stdout])
    return Run(written[: written.rfind("\n") + 1])  # a killed process may leave half a line


def test_a_killed_run_and_the_next_one_end_in_the_same_rows(
    orders: Work, long: Work, read: Read
) -> None:
    with start(orders, long) as tap:
        killed = cut(tap, signal.SIGKILL)
    assert tap.returncode == -signal.SIGKILL
    resumed = read(orders, long, state=killed.state)
    assert resumed.rows("commits") == read(orders, long).rows("commits")
    assert len(killed.rows("commits")) < len(resumed.rows("commits"))


def test_sigterm_exits_143_and_the_state_holds_what_was_read_to_its_end(
    orders: Work, long: Work, read: Read
) -> None:
    with start(orders, long) as tap:
        stopped = cut(tap, signal.SIGTERM)
    assert tap.returncode == 128 + signal.SIGTERM
    assert stopped.heads == {ORDERS: [str(orders.git.head.target)]}
    assert len(stopped.rows("commits")) < 1_002
    resumed = read(orders, long, state=stopped.state)
    assert set(resumed.column("commits", "repository_id")) == {"local/long"}
    assert len(resumed.rows("commits")) == 1_000
