"""If the store is down, its error is the last line, without a traceback of anything else."""

from __future__ import annotations

import json
import os
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from fake_clickup import FakeClickUp, generate
from target_pandev.end_of_input import discard_input
from tests.end_to_end.pipeline import COMMANDS, Pipeline
from tests.support.signals import signal_handlers
from tests.tap_clickup.runner import environment
from tests.tap_git.repository_builder import RepositoryBuilder
from tests.tap_ide.runner import USER1, event, write_events

if TYPE_CHECKING:
    from pathlib import Path

    from fake_clickup import Account

__all__ = ["signal_handlers"]
NO_STORE = {"TARGET_PANDEV_STORE_URL": "postgresql://u:x@127.0.0.1:1/x"}
REASON = "store_url: cannot connect to the store at 127.0.0.1:1"


@pytest.fixture
def account() -> Account:
    return generate(seed=7, tasks=200, time_entries=5)


def test_the_error_is_the_last_line_of_a_shell_pipe(clickup: FakeClickUp) -> None:
    command = "set -o pipefail; tap-clickup --config=ENV | target-pandev --config=ENV"
    path = f"{COMMANDS}{os.pathsep}{os.environ['PATH']}"
    settings = {"PATH": path, **environment(clickup), **NO_STORE}
    run = subprocess.run(
        ["/bin/bash", "-c", command], env=settings, capture_output=True, text=True, check=False
    )
    assert run.returncode == 1
    assert REASON in run.stderr.splitlines()[-1]
    assert "Traceback" not in run.stderr


def test_the_error_is_the_last_line_of_tap_and_target_in_meltano(
    clickup: FakeClickUp, tmp_path: Path
) -> None:
    pipeline = Pipeline(tmp_path, {**environment(clickup), **NO_STORE})
    run = pipeline.run("meltano", "run", "tap-clickup", "target-pandev")
    assert run.returncode == 1
    assert "Traceback" not in run.stderr
    assert "BrokenPipe" not in run.stderr
    lines = [line for line in run.stderr.splitlines() if "tap-clickup" in line or REASON in line]
    assert REASON in lines[-1]


@pytest.mark.parametrize("tap", ["tap-clickup", "tap-git", "tap-ide"])
def test_a_tap_whose_target_has_ended_says_so_in_one_line(
    clickup: FakeClickUp, tmp_path: Path, tap: str
) -> None:
    repository = RepositoryBuilder(tmp_path / "shop")
    repository.set_reference("refs/heads/main", repository.commit(b"first"))
    event_file = write_events(tmp_path / USER1 / "events.json", event())
    settings = {
        **environment(clickup),
        "TAP_GIT_REPOSITORIES": str(repository.path),
        "TAP_IDE_EVENT_FILES": json.dumps([{"path": str(event_file)}]),
    }
    reader, writer = os.pipe()
    os.close(reader)
    run = subprocess.run(
        [COMMANDS / tap, "--config=ENV"],
        env=settings,
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writer)
    assert run.returncode == 1
    assert "the target has ended, its log says why" in run.stderr.splitlines()[-1]
    assert "Traceback" not in run.stderr
    assert "interrupted" not in run.stderr


@pytest.mark.usefixtures("signal_handlers")
def test_input_is_discarded_until_the_tap_ends_or_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("target_pandev.end_of_input.MAX_SECONDS", 1.0)
    calls: list[str] = []
    reader, writer = os.pipe()
    os.write(writer, b"rest")
    began = time.monotonic()
    discard_input(reader, on_wait=lambda: calls.append("waits"))
    assert 1 <= time.monotonic() - began < 20
    assert calls == ["waits"]
    os.close(writer)
    discard_input(reader, on_wait=lambda: calls.append("again"))
    assert calls == ["waits"]
    os.close(reader)
    discard_input(reader, on_wait=lambda: calls.append("closed"))
    assert calls == ["waits"]
