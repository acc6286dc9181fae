"""README's commands for a person who starts, run as they are written there."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from examples.demo import make_repository
from fake_clickup import Behaviour, FakeClickUp, generate
from target_pandev.embedded import EmbeddedServer
from tests.end_to_end.pipeline import COMMANDS, PROJECT, Pipeline

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

README = (PROJECT / "README.md").read_text(encoding="utf-8")
NOW = datetime(2026, 10, 31, 12, tzinfo=UTC)
SETUP = ("make setup", ". .venv/bin/activate")
"""Commands of README that this environment is the result of."""


def commands(heading: str) -> list[str]:
    """Return the lines of the shell blocks in a section of README, up to the next heading."""
    section = re.split(r"\n#+ ", README.split(f"# {heading}\n", 1)[1], maxsplit=1)[0]
    blocks = re.findall(r"```(?:sh)?\n(.*?)```", section, re.DOTALL)
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line and not line.startswith(SETUP)]


@pytest.fixture
def project(tmp_path: Path, store_dir: Path) -> Iterator[Pipeline]:
    """Yield a project with an embedded store, and stop the store at the end."""
    store_dir.chmod(0o711)
    account = generate(seed=7, now=NOW, tasks=40, time_entries=0)
    make_repository(tmp_path / "shop", account, now=NOW)
    shutil.copytree(tmp_path / "shop", tmp_path / "app")
    with FakeClickUp(account, behaviour=Behaviour(limit_per_minute=10_000)) as clickup:
        settings = {
            "TAP_CLICKUP_API_TOKEN": clickup.token,
            "TAP_CLICKUP_API_URL": clickup.api_url,
            "TAP_CLICKUP_REQUESTS_PER_MINUTE": "9999",
            "TARGET_PANDEV_STORE_DIR": str(store_dir / "first"),
        }
        project = Pipeline(tmp_path, settings)
        (tmp_path / ".meltano").rmdir()  # the commands create it
        yield project
        for name in ("first", "second"):
            assert EmbeddedServer(store_dir / name).stop()


def run_literally(project: Pipeline, lines: list[str]) -> str:
    """Run lines in bash, each with the address of a token, a clone and repositories of this test.

    Returns what they print.
    """
    script = "\n".join(lines)
    script = script.replace("pk_...", project.settings["TAP_CLICKUP_API_TOKEN"])
    script = script.replace("/srv/git/", f"{project.folder}/")
    bash = shutil.which("bash")
    assert bash
    done = subprocess.run(
        [bash, "-e", "-o", "pipefail", "-c", script],
        cwd=project.folder,
        env=project.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{script}\n{done.stderr[-600:]}"
    return done.stdout


def is_private(folder: Path) -> bool:
    """Whether only its owner has access to a folder and to everything in it."""
    paths = [folder, *folder.rglob("*")]
    return not any(path.stat().st_mode & 0o077 for path in paths if not path.is_symlink())


def stays_until_a_signal(project: Pipeline, line: str) -> bool:
    """Whether a command accepts connections to a port until it gets SIGTERM, and then ends well."""
    bash = shutil.which("bash")
    assert bash
    with subprocess.Popen(
        [bash, "-c", f"exec {line}"],
        cwd=project.folder,
        env=project.environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        port = re.search(r":(\d+)/pandev$", process.stdout.readline().rstrip())
        if port:
            socket.create_connection(("127.0.0.1", int(port[1])), timeout=60).close()
            process.stdout.readline()  # since then a signal stops it
        process.terminate()
        process.communicate(timeout=120)
    return process.returncode == 0 and port is not None


def test_the_quick_start_and_the_store_work_as_written(project: Pipeline, store_dir: Path) -> None:
    start = commands("Run it with your ClickUp in ten minutes")
    assert [line for line in start if "meltano run" in line] == [
        "meltano run tap-clickup target-pandev",
        "meltano run tap-git target-pandev",
    ]
    run_literally(project, start)
    assert is_private(project.folder / ".meltano")
    assert "Tasks by status group" in run_literally(project, ["pandev report"])
    store = commands("The store")
    restore = next(line for line in store if line.startswith("pandev store restore"))
    stay = next(line for line in store if line.startswith("pandev store start --stay"))
    printed = run_literally(project, [line for line in store if line not in {restore, stay}])
    assert "(5 rows)" in printed
    assert "stopped" in printed
    assert "(shown only now)" in printed
    assert stays_until_a_signal(project, stay.replace("5433", "0"))
    count = "pandev store psql -At -c 'SELECT count(*) FROM task_activity'"
    before = run_literally(project, [count])
    project.settings["TARGET_PANDEV_STORE_DIR"] = str(store_dir / "second")
    run_literally(project, [restore])
    assert run_literally(project, [count]) == before
    assert int(before) > 5


def test_the_crontab_works_as_written(project: Pipeline) -> None:
    """Each line in the clone, whose environment is active already."""
    lines = commands("Every 15 minutes")
    jobs = [line.split(" && ") for line in lines]
    assert [job[1:3] for job in jobs] == [["cd /srv/pandev-clickup", ". .venv/bin/activate"]] * 3
    assert [re.split(r"(?<=\*)  +", job[0])[1] for job in jobs] == ["umask 077"] * 3
    project.settings["TAP_GIT_REPOSITORIES"] = f'["{project.folder / "shop"}"]'
    run_literally(project, ["umask 077", *(job[3] for job in jobs)])
    assert is_private(project.folder / ".meltano")
    counts = "SELECT count(*) > 5 FROM tasks UNION ALL SELECT count(*) > 5 FROM commits"
    assert run_literally(project, [f"pandev store psql -At -c '{counts}'"]) == "t\nt\n"


def test_every_command_of_the_table_of_commands_is_installed() -> None:
    names = set(re.findall(r"^\| `([a-z-]+)` \|", README.split("## Try it", 1)[0], re.MULTILINE))
    assert {
        "tap-clickup",
        "tap-git",
        "tap-ide",
        "target-pandev",
        "clickup-receiver",
        "pandev",
    } <= names
    for name in names:
        assert os.access(COMMANDS / name, os.X_OK), name
