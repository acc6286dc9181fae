"""The systemd unit fits the receiver's own limits, the crontab and the packages."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path, PurePosixPath

from clickup_receiver.http.server import GRACEFUL_STOP_SECONDS, MAX_OPEN_FILES
from clickup_receiver.service import BATCH_STOP_SECONDS, THREAD_STOP_SECONDS
from tests.support.documents import blocks, read_page
from tests.test_repository import SCRIPTS

PROJECT = Path(__file__).parents[1]
TEXT = (PROJECT / "deploy" / "clickup-receiver.service").read_text(encoding="utf-8")
THREADS = 3
"""Threads that a stop waits for: the feed, the schedule and the watch."""


def read_settings() -> dict[str, list[str]]:
    """Return the values of each setting of the unit."""
    settings = defaultdict(list)
    for name, value in re.findall(r"^(\w+)=(.*)$", TEXT, re.MULTILINE):
        settings[name].append(value)
    return settings


SETTINGS = read_settings()


def test_the_unit_runs_the_command_where_the_crontab_does() -> None:
    (folder,) = SETTINGS["WorkingDirectory"]
    (crontab,) = blocks(read_page("guides/orchestrators"), "crontab")
    assert f"cd {folder} " in crontab
    (command,) = SETTINGS["ExecStart"]
    assert PurePosixPath(command).parent == PurePosixPath(folder, ".venv", "bin")
    assert PurePosixPath(command).name in SCRIPTS
    assert SETTINGS["ReadWritePaths"] == [f"-{folder}/.meltano"]
    assert f"PATH={folder}/.venv/bin:" in SETTINGS["Environment"][0]


def test_the_unit_makes_the_directories_of_the_settings_it_names() -> None:
    named = re.findall(r"^#\s+\w+_(?:DATA|STORE)_DIR=(\S+)", TEXT, re.MULTILINE)
    assert named == [f"/var/lib/{name}" for name in SETTINGS["StateDirectory"][0].split()]
    assert SETTINGS["Environment"][1] == f"XDG_STATE_HOME={named[0]}"


def test_a_stop_leaves_the_receiver_time_and_postgresql_alone() -> None:
    """A batch, the threads and open requests end before systemd kills the receiver alone.

    `mixed` and `control-group` kill the embedded PostgreSQL, which other runs may be using.
    """
    stop_seconds = BATCH_STOP_SECONDS + THREADS * THREAD_STOP_SECONDS + GRACEFUL_STOP_SECONDS
    assert float(SETTINGS["TimeoutStopSec"][0]) > stop_seconds
    assert SETTINGS["KillMode"] == ["process"]
    assert SETTINGS["RemoveIPC"] == ["no"]


def test_the_unit_allows_the_open_files_that_the_receiver_wants() -> None:
    assert SETTINGS["LimitNOFILE"] == [str(MAX_OPEN_FILES)]
    assert SETTINGS["LimitCORE"] == ["0"]
