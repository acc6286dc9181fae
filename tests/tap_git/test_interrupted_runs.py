"""A run interrupted by a signal, and the run after it."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.tap_git.repository_builder import RepositoryBuilder
from tests.tap_git.runner import ORDERS, GitRun, start_tap

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from tests.tap_git.runner import Read


LONG_MESSAGES = [f"{n}" + "x" * 200 for n in range(1_000)]


@pytest.fixture
def long(tmp_path: Path) -> RepositoryBuilder:
    """More commits than fit into a pipe, so that the tap blocks while its output is not read."""
    repository = RepositoryBuilder(tmp_path / "long")
    repository.set_reference(
        "refs/heads/main", repository.history(*(text.encode() for text in LONG_MESSAGES))[-1]
    )
    return repository


def read_then_signal(tap: subprocess.Popen[str], number: int) -> GitRun:
    """Send a signal once the second repository is being read; return everything written."""
    assert tap.stdout is not None
    lines = []
    for line in tap.stdout:
        lines.append(line)
        if '"local/long","sha"' in line:
            break
    tap.send_signal(number)
    written = "".join([*lines, *tap.stdout])
    return GitRun(written[: written.rfind("\n") + 1])  # a killed process may leave half a line


def test_a_killed_run_and_the_next_one_yield_all_rows(
    orders: RepositoryBuilder, long: RepositoryBuilder, read: Read
) -> None:
    with start_tap(orders, long) as tap:
        killed = read_then_signal(tap, signal.SIGKILL)
    assert tap.returncode == -signal.SIGKILL
    all_rows = read(orders, long).rows("commits")
    assert [row["message"] for row in all_rows] == ["first", "second", *LONG_MESSAGES]
    killed_rows = killed.rows("commits")
    assert [row["message"] for row in killed_rows[:3]] == ["first", "second", LONG_MESSAGES[0]]
    assert killed_rows == all_rows[: len(killed_rows)]
    assert all_rows[-1] not in killed_rows
    assert read(orders, long, state=killed.state).rows("commits") == all_rows


def test_sigterm_exits_143_with_the_state_of_complete_repositories(
    orders: RepositoryBuilder, long: RepositoryBuilder, read: Read
) -> None:
    with start_tap(orders, long) as tap:
        stopped = read_then_signal(tap, signal.SIGTERM)
    assert tap.returncode == 128 + signal.SIGTERM
    assert stopped.heads == {ORDERS: [str(orders.git.head.target)]}
    messages = stopped.column("commits", "message")
    assert messages[:3] == ["first", "second", LONG_MESSAGES[0]]
    assert LONG_MESSAGES[-1] not in messages
    resumed = read(orders, long, state=stopped.state)
    assert resumed.column("commits", "message") == LONG_MESSAGES
    assert set(resumed.column("commits", "repository_id")) == {"local/long"}
