"""The target runs once per batch; any Singer target will do, and exit code 0 acknowledges."""

from __future__ import annotations

import json
import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from clickup_receiver.feed.target_process import TargetError, TargetProcess
from tap_clickup.errors import ConfigurationError
from tests.clickup_receiver.message_source import MessageSourceHarness, pending_event
from tests.clickup_receiver.payloads import history, status

if TYPE_CHECKING:
    from fake_clickup import FakeClickUp

TARGET_JSONL = Path(sys.prefix) / "peers" / "target-jsonl" / "bin" / "target-jsonl"
CHANGE = history("status", before=status("to do", "open"), after=status("done", "closed"))


def python(code: str) -> str:
    """Return a command that runs Python."""
    return shlex.join([sys.executable, "-c", code])


def test_exit_code_0_acknowledges_all_lines(tmp_path: Path) -> None:
    loaded = tmp_path / "loaded"
    code = f"import sys; open({str(loaded)!r}, 'wb').write(sys.stdin.buffer.read()); print('state')"
    TargetProcess(python(code)).load([b"one\n", b"two\n"])
    assert loaded.read_bytes() == b"one\ntwo\n"


@pytest.mark.parametrize(
    ("code", "exit_code"),
    [
        ("import sys; sys.stdin.read(); sys.exit(3)", 3),
        ("import sys; sys.exit(1)", 1),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", -9),
    ],
)
def test_a_failing_target_raises_an_error(code: str, exit_code: int) -> None:
    """Also a target that exits before it has read anything, which breaks the pipe."""
    target = TargetProcess(python(code))
    with pytest.raises(TargetError, match=f"exit code {exit_code}; see its log above"):
        target.load([b"x" * 2**20 + b"\n"])


def test_a_target_that_does_not_read_its_input_is_an_error() -> None:
    """Exit code 0 acknowledges nothing if the target has not read all lines."""
    target = TargetProcess(python("pass"))
    with pytest.raises(TargetError, match="exited before it had read all messages"):
        target.load([b"x" * 2**20 + b"\n"])


def test_a_hanging_target_is_killed_after_a_timeout() -> None:
    target = TargetProcess(python("import time; time.sleep(60)"), timeout_seconds=0.5)
    with pytest.raises(TargetError, match="exit code -9"):
        target.load([b"one\n"])


def test_a_hanging_target_is_killed_with_what_it_has_started(tmp_path: Path) -> None:
    """`meltano invoke` starts the target, which keeps the pipe open from which it does not read."""
    ended = tmp_path / "ended"
    command = shlex.join(["sh", "-c", f"(sleep 30; touch {ended}); true"])
    with pytest.raises(TargetError, match="exit code -9"):
        TargetProcess(command, timeout_seconds=0.5).load([b"x" * 2**20 + b"\n"])
    assert not ended.exists()


def test_a_missing_target_program_is_named() -> None:
    with pytest.raises(TargetError, match="target-missing: No such file"):
        TargetProcess("target-missing --config x").load([b"one\n"])


@pytest.mark.parametrize("command", ["", "  ", "target 'open"])
def test_unparsable_command_is_rejected(command: str) -> None:
    with pytest.raises(ConfigurationError, match="target_command"):
        TargetProcess(command)


def test_the_target_gets_no_clickup_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A target needs neither ClickUp's token nor the webhook secrets."""
    monkeypatch.setenv("TAP_CLICKUP_API_TOKEN", "pk_1_SECRETSECRET")
    monkeypatch.setenv("CLICKUP_RECEIVER_WEBHOOKS", "{}")
    monkeypatch.setenv("TARGET_OF_THE_TEST", "kept")
    names = tmp_path / "names"
    code = f"import os, sys; sys.stdin.read(); open({str(names)!r}, 'w').write(str([*os.environ]))"
    TargetProcess(python(code)).load([b"one\n"])
    assert "TARGET_OF_THE_TEST" in names.read_text(encoding="utf-8")
    assert "CLICKUP" not in names.read_text(encoding="utf-8")


@pytest.fixture
def source(clickup: FakeClickUp) -> MessageSourceHarness:
    """Return the messages of a status change, of its task, and of another task's deletion."""
    harness = MessageSourceHarness(clickup)
    task_id = next(iter(clickup.account.workspaces[0].tasks))
    harness.build(
        pending_event("taskStatusUpdated", CHANGE, task_id=task_id),
        pending_event("taskDeleted", task_id="86gone"),
    )
    return harness


def encode_lines(source: MessageSourceHarness) -> list[bytes]:
    return [json.dumps(message).encode() + b"\n" for message in source.messages]


def test_target_jsonl_loads_the_messages(source: MessageSourceHarness, tmp_path: Path) -> None:
    """A third-party target from PyPI understands them."""
    assert TARGET_JSONL.exists(), "target-jsonl is missing: run make setup with network access"
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"destination_path": str(tmp_path)}), encoding="utf-8")
    TargetProcess(f"{TARGET_JSONL} --config {config}").load(encode_lines(source))
    for stream in ("task_changes", "tasks"):
        (path,) = tmp_path.glob(f"{stream}-*.jsonl")
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        assert rows == source.rows(stream)
    assert len(source.rows("tasks")) == 2


def test_target_pandev_loads_the_messages_twice_to_the_same_rows(
    source: MessageSourceHarness, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TARGET_PANDEV_STORE_URL", database)
    TargetProcess("target-pandev --config=ENV").load(encode_lines(source))
    TargetProcess("target-pandev --config=ENV").load(encode_lines(source))
    (change,) = source.rows("task_changes")
    task = next(row for row in source.rows("tasks") if "name" in row)
    with psycopg.connect(database) as connection:
        assert connection.execute(
            "SELECT task_id, from_value, to_value, user_id FROM pandev.task_changes"
        ).fetchall() == [(change["task_id"], "to do", "done", "183")]
        tasks = connection.execute("SELECT id, name FROM pandev.tasks").fetchall()
        assert tasks == [(task["id"], task["name"])]
        tombstones = connection.execute("SELECT stream, key FROM pandev.tombstones").fetchall()
        assert tombstones == [("tasks", [source.workspace_id, "86gone"])]
    assert os.environ["TARGET_PANDEV_STORE_URL"] == database
