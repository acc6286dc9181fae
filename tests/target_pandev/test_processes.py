"""target-pandev as a process of its own: cut by signals, fed slowly."""

from __future__ import annotations

import json
import signal
import subprocess
from typing import IO, TYPE_CHECKING, Any

import psycopg
import pytest

from tests.end_to_end.pipeline import COMMANDS
from tests.support.waiting import wait_until
from tests.target_pandev.loading import COMPLETED_READS, MARKS, at, completed, record, schema

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

from tests.target_pandev.loading import Loader

THINGS = schema("things", {"id": "string"}, ["id"])
WAITING = (
    "SELECT 1 FROM pg_stat_activity "
    "WHERE wait_event_type = 'Lock' AND query ~ 'things' AND datname = current_database()"
)
"""The sessions of this test's database that wait for a lock on things."""


class Target:
    """A running target and its input."""

    def __init__(self, config: Path) -> None:
        self.process = subprocess.Popen(
            [COMMANDS / "target-pandev", "--config", config],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def say(self, *messages: dict[str, Any]) -> None:
        """Write messages to the target's input."""
        for message in messages:
            self._input.write(json.dumps(message) + "\n")
        self._input.flush()

    @property
    def _input(self) -> IO[str]:
        assert self.process.stdin is not None
        return self.process.stdin

    def state(self) -> dict[str, Any]:
        """Wait for the next state that the target gives out."""
        assert self.process.stdout is not None
        value: dict[str, Any] = json.loads(self.process.stdout.readline())
        return value

    def end(self) -> tuple[int, str, str]:
        """Close the input and return exit code, output and log."""
        out, err = self.process.communicate()
        return self.process.returncode, out, err


@pytest.fixture
def target(store: Loader, tmp_path: Path) -> Iterator[Target]:
    """Yield a target that loads the test's store, and end it whatever comes."""
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"store_url": store.database}), encoding="utf-8")
    target = Target(config)
    yield target
    target.process.kill()
    target.process.communicate()


def things(*names: str) -> list[dict[str, Any]]:
    """Return a record for each name."""
    return [record("things", {"id": name}) for name in names]


def test_a_state_is_emitted_once_stored_if_no_input_is_pending(
    store: Loader, target: Target
) -> None:
    target.say(THINGS, *things("1"), {"type": "STATE", "value": {"n": 1}})
    assert target.state() == {"n": 1}
    assert store.rows("SELECT id FROM things") == [("1",)]
    target.say(*things("2"), {"type": "STATE", "value": {"n": 2}})
    assert target.state() == {"n": 2}
    assert store.rows("SELECT id FROM things ORDER BY id") == [("1",), ("2",)]
    assert target.end()[:2] == (0, "")


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_target_without_unstored_states(
    store: Loader, target: Target, signum: int
) -> None:
    target.say(THINGS, *things("1"), {"type": "STATE", "value": {"n": 1}})
    assert target.state() == {"n": 1}
    target.say(*things("2"))
    target.process.send_signal(signum)
    code, out, err = target.end()
    assert (code, out) == (128 + signum, "")
    assert "interrupted; what was not committed has been rolled back" in err
    assert "Traceback" not in err
    assert store.rows("SELECT id FROM things") == [("1",)]


def blocked(database: str) -> psycopg.Connection[Any]:
    """Return a connection that keeps every load of things waiting until it is closed."""
    connection = psycopg.connect(database)
    connection.execute("LOCK TABLE pandev.things")
    return connection


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_batch_is_rolled_back_and_loaded_again(
    store: Loader, target: Target, signum: int
) -> None:
    target.say(THINGS, {"type": "STATE", "value": {"n": 0}})
    assert target.state() == {"n": 0}
    batch = [*things("1", "2"), {"type": "STATE", "value": {"n": 1}}]
    with blocked(store.database):
        target.say(*batch)
        wait_until(lambda: store.rows(WAITING) or target.process.poll() is not None)
        assert target.process.poll() is None
        target.process.send_signal(signum)
        code, out, _ = target.end()
    assert code == (128 + signum if signum == signal.SIGTERM else -signum)
    assert out == ""
    assert store.rows("SELECT id FROM things") == []
    store.load(THINGS, *batch)
    assert store.rows("SELECT id FROM things ORDER BY id") == [("1",), ("2",)]


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_deletion_is_rolled_back_and_repeated(
    store: Loader, target: Target, signum: int
) -> None:
    store.load(THINGS, *things("1", "2"))
    read = [COMPLETED_READS, completed("things", ["1"], started="11:00")]
    with psycopg.connect(store.database) as blocking:
        blocking.execute("SELECT * FROM pandev.things FOR UPDATE")
        target.say(*read, {"type": "STATE", "value": {"n": 1}})
        wait_until(lambda: store.rows(WAITING) or target.process.poll() is not None)
        assert target.process.poll() is None
        target.process.send_signal(signum)
        code, out, _ = target.end()
    assert code == (128 + signum if signum == signal.SIGTERM else -signum)
    assert out == ""
    assert store.rows("SELECT * FROM completed_reads") == []
    assert store.rows(MARKS.format("things")) == [("1", None), ("2", None)]
    store.load(*read)
    assert store.rows(MARKS.format("things")) == [("1", None), ("2", at("11:00"))]


def test_a_lost_connection_is_one_clear_line_and_gives_out_no_state(
    store: Loader, target: Target
) -> None:
    target.say(THINGS, {"type": "STATE", "value": {"n": 0}})
    assert target.state() == {"n": 0}
    store.rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name = 'target-pandev' AND datname = current_database()"
    )
    target.say(*things("1"), {"type": "STATE", "value": {"n": 1}})
    code, out, err = target.end()
    assert (code, out) == (1, "")
    assert "the connection to the store was lost" in err
    assert "Traceback" not in err


def test_names_cannot_forge_lines_of_the_log(database: str, tmp_path: Path) -> None:
    """A foreign tap chooses the names of its streams and fields."""
    name = "things\nCRITICAL target-pandev: forged\x1b]0;title\x07\u2028"
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"store_url": database}))
    target = Target(config)
    target.say(
        schema(name, {"id": "string", name: "string"}, ["id"]), record(name, {"id": 1, name: "x"})
    )
    code, _, log = target.end()
    assert code == 1
    assert [line for line in log.splitlines() if line.startswith("CRITICAL")] == []
    assert "\x1b" not in log
    assert "\\x1b]0;title" in log
