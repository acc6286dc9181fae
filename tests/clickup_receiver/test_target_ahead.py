"""target-pandev is started before its batch, and only as long as its settings stay the same."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from clickup_receiver.feed import target_process
from clickup_receiver.feed.target_process import TargetProcess
from tap_clickup.errors import ConfigurationError
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM = f"""#!{sys.executable}
import os, sys
from pathlib import Path
folder = Path(sys.argv[0]).parent
with (folder / "started").open("a") as file:
    print(os.getpid(), file=file)
if lines := sys.stdin.read():
    with (folder / "loaded").open("a") as file:
        print(os.getpid(), lines, end="", file=file)
"""


class Program:
    """A program that notes the ids of its processes, with what each of them has loaded."""

    def __init__(self, folder: Path, name: str = "target-pandev", *, starts_ahead: bool) -> None:
        self.folder = folder
        self.path = folder / name
        self.path.write_text(PROGRAM, encoding="utf-8")
        self.path.chmod(0o755)
        self.config = folder / "config.json"
        self.config.write_text("{}", encoding="utf-8")
        self.settings = {"SETTING": "old"}
        self.readings = 1_000
        """How often the settings can be read from now on."""
        self.target = TargetProcess(
            f"{self.path} --config={self.config}",
            read_settings=self.read_settings,
            starts_ahead=starts_ahead,
        )

    def read_settings(self) -> dict[str, str]:
        self.readings -= 1
        if self.readings < 0:
            raise ConfigurationError("meltano.yml: cannot be read")
        return dict(self.settings)

    def started(self) -> list[str]:
        return (self.folder / "started").read_text(encoding="utf-8").splitlines()

    def loaded(self) -> list[str]:
        return (self.folder / "loaded").read_text(encoding="utf-8").splitlines()

    def load(self, text: str) -> None:
        self.target.load([f"{text}\n".encode()])

    def load_and_wait(self, text: str) -> int:
        """Load a text; return the id of the next process once it waits for its input."""
        self.load(text)
        wait_until(lambda: len(self.started()) == 2)
        return int(self.started()[1])

    def running(self) -> list[psutil.Process]:
        """Return the running children of this process that run the program."""
        children = psutil.Process().children()
        return [child for child in children if str(self.path) in child.cmdline()]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Program]:
    monkeypatch.chdir(tmp_path)
    program = Program(tmp_path, starts_ahead=True)
    yield program
    program.target.stop()


def test_target_pandev_is_started_before_its_batch(program: Program) -> None:
    waiting = program.load_and_wait("one")
    program.load("two")
    assert program.loaded() == [f"{program.started()[0]} one", f"{waiting} two"]


@pytest.mark.parametrize(
    "changed", ["settings", "environment", ".env", "config", "program", "package"]
)
def test_a_change_of_settings_replaces_the_waiting_process(
    changed: str, program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has read the former ones; a batch must not get into the former store."""
    packages = tmp_path / "site-packages"
    packages.mkdir()
    monkeypatch.setattr(target_process, "PACKAGES", str(packages))
    waiting = program.load_and_wait("one")
    if changed == "settings":
        program.settings = {"SETTING": "new"}
    elif changed == "environment":
        monkeypatch.setenv("TARGET_PANDEV_STORE_SCHEMA", "new")
    elif changed == ".env":
        Path(".env").write_text("TARGET_PANDEV_STORE_SCHEMA=new\n", encoding="utf-8")
    elif changed == "config":
        program.config.write_text('{"store_schema": "new"}', encoding="utf-8")
    elif changed == "package":
        (packages / "psycopg-9.dist-info").mkdir()
    else:
        program.path.write_text(f"{PROGRAM}# new\n", encoding="utf-8")
    program.load("two")
    first, _, third, *_ = program.started()
    assert program.loaded() == [f"{first} one", f"{third} two"]
    assert not psutil.pid_exists(waiting)


def test_a_waiting_process_that_was_killed_is_replaced(program: Program) -> None:
    waiting = psutil.Process(program.load_and_wait("one"))
    waiting.kill()
    wait_until(lambda: waiting.status() == psutil.STATUS_ZOMBIE)
    program.load("two")
    first, _, third, *_ = program.started()
    assert program.loaded() == [f"{first} one", f"{third} two"]


def test_settings_that_cannot_be_read_fail_the_next_batch_only(program: Program) -> None:
    """The batch before it is loaded by then, and must be acknowledged."""
    program.readings = 1
    program.load("one")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        program.load("two")
    assert program.loaded() == [f"{program.started()[0]} one"]


def test_a_stop_ends_the_waiting_process(program: Program) -> None:
    program.load("one")
    assert len(program.running()) == 1
    program.target.stop()
    assert program.running() == []


@pytest.mark.parametrize(
    ("name", "starts_ahead"), [("target-other", True), ("target-pandev", False)]
)
def test_other_processes_start_with_their_batch(
    name: str, tmp_path: Path, *, starts_ahead: bool
) -> None:
    """It is not known what another target reads when it starts."""
    program = Program(tmp_path, name, starts_ahead=starts_ahead)
    program.load("one")
    assert program.running() == []
    program.load("two")
    first, second = program.started()
    assert program.loaded() == [f"{first} one", f"{second} two"]
