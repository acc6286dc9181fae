"""One target process a burst: any Singer target, and its exit code acknowledges."""

from __future__ import annotations

import json
import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from clickup_receiver.feed.feeder import TargetCommand, TargetError
from tap_clickup.errors import ConfigurationError
from tests.clickup_receiver.message_source import Telling, waiting
from tests.clickup_receiver.payloads import history, status

if TYPE_CHECKING:
    from fake_clickup import FakeClickUp

TARGET_JSONL = Path(sys.prefix) / "peers" / "target-jsonl" / "bin" / "target-jsonl"
CHANGE = history("status", before=status("to do", "open"), after=status("done", "closed"))


def python(code: str) -> str:
    """Return a command that runs Python."""
    return shlex.join([sys.executable, "-c", code])


def test_a_target_that_ends_well_has_taken_all(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    code = f"import sys; open({str(taken)!r}, 'wb').write(sys.stdin.buffer.read()); print('state')"
    TargetCommand(python(code)).load([b"one\n", b"two\n"])
    assert taken.read_bytes() == b"one\ntwo\n"


@pytest.mark.parametrize(
    ("code", "exit_code"),
    [
        ("import sys; sys.stdin.read(); sys.exit(3)", 3),
        ("import sys; sys.exit(1)", 1),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", -9),
    ],
)
def test_a_target_that_fails_has_taken_nothing(code: str, exit_code: int) -> None:
    """Also one that ends before it has read anything: the pipe breaks."""
    command = TargetCommand(python(code))
    with pytest.raises(TargetError, match=f"exit code {exit_code}; its log tells why"):
        command.load([b"x" * 2**20 + b"\n"])


def test_a_target_that_ends_well_without_reading_has_taken_nothing() -> None:
    command = TargetCommand(python("pass"))
    with pytest.raises(TargetError, match="ended before it had read everything"):
        command.load([b"x" * 2**20 + b"\n"])


def test_a_target_that_hangs_is_ended() -> None:
    command = TargetCommand(python("import time; time.sleep(60)"), seconds=0.5)
    with pytest.raises(TargetError, match="exit code -9"):
        command.load([b"one\n"])


def test_a_command_that_is_not_there_is_named() -> None:
    with pytest.raises(TargetError, match="target-nobody: No such file"):
        TargetCommand("target-nobody --config x").load([b"one\n"])


@pytest.mark.parametrize("command", ["", "  ", "target 'open"])
def test_what_is_no_command_is_refused(command: str) -> None:
    with pytest.raises(ConfigurationError, match="target_command"):
        TargetCommand(command)


def test_the_target_is_not_given_what_is_clickups(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAP_CLICKUP_API_TOKEN", "pk_1_SECRETSECRET")
    monkeypatch.setenv("CLICKUP_RECEIVER_WEBHOOKS", "{}")
    monkeypatch.setenv("TARGET_OF_THE_TEST", "kept")
    seen = tmp_path / "seen"
    code = f"import os, sys; sys.stdin.read(); open({str(seen)!r}, 'w').write(str([*os.environ]))"
    TargetCommand(python(code)).load([b"one\n"])
    assert "TARGET_OF_THE_TEST" in seen.read_text(encoding="utf-8")
    assert "CLICKUP" not in seen.read_text(encoding="utf-8")


@pytest.fixture
def told(clickup: FakeClickUp) -> Telling:
    """Return what is told of a change of status, of its task, and of another task's deletion."""
    tell = Telling(clickup)
    task_id = next(iter(clickup.account.workspaces[0].tasks))
    tell(
        waiting("taskStatusUpdated", CHANGE, task_id=task_id),
        waiting("taskDeleted", task_id="86gone"),
    )
    return tell


def lines(told: Telling) -> list[bytes]:
    return [json.dumps(message).encode() + b"\n" for message in told.told]


def test_target_jsonl_takes_what_is_told(told: Telling, tmp_path: Path) -> None:
    """A target by others, from PyPI."""
    if not TARGET_JSONL.exists():
        pytest.skip(f"target-jsonl is not installed in {TARGET_JSONL.parents[1]}: see make setup")
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"destination_path": str(tmp_path)}), encoding="utf-8")
    TargetCommand(f"{TARGET_JSONL} --config {config}").load(lines(told))
    for stream in ("status_changes", "tasks"):
        (found,) = tmp_path.glob(f"{stream}-*.jsonl")
        rows = [json.loads(line) for line in found.read_text(encoding="utf-8").splitlines()]
        assert rows == told.rows(stream)
    assert len(told.rows("tasks")) == 2


def test_target_pandev_takes_what_is_told(
    told: Telling, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TARGET_PANDEV_STORE_URL", database)
    TargetCommand("target-pandev --config=ENV").load(lines(told))
    TargetCommand("target-pandev --config=ENV").load(lines(told))
    (change,) = told.rows("status_changes")
    task = next(row for row in told.rows("tasks") if "name" in row)
    with psycopg.connect(database) as connection:
        assert connection.execute(
            "SELECT task_id, from_status, to_status, user_id FROM pandev.status_changes"
        ).fetchall() == [(change["task_id"], "to do", "done", "183")]
        found = connection.execute("SELECT id, name FROM pandev.tasks").fetchall()
        assert found == [(task["id"], task["name"])]
        buried = connection.execute("SELECT stream, key FROM pandev.tombstones").fetchall()
        assert buried == [("tasks", [told.workspace_id, "86gone"])]
    assert os.environ["TARGET_PANDEV_STORE_URL"] == database
