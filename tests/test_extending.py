"""docs/contributing/adding-a-stream.md works when it is followed in a copy of the project."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from fake_clickup import FakeClickUp, Fault, generate
from tests.support.commands import run_command
from tests.support.documents import read_page
from tests.tap_clickup.runner import environment

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = Path(__file__).parents[1]
BLOCK = re.compile(
    r"(?:^`(?P<path>[\w/.]+)`\n\n)?```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)


def steps() -> Iterator[tuple[str, str, str]]:
    """Yield path, kind and text of each block that changes a file; a path counts until the next."""
    path = ""
    for match in BLOCK.finditer(read_page("contributing/adding-a-stream")):
        path = match["path"] or path
        if match["kind"] != "sh":
            yield path, match["kind"], match["text"]


def add_lines(file: Path, diff: str) -> None:
    """Insert the added lines of a diff after the line that precedes them."""
    previous = ""
    for line in diff.splitlines():
        text = file.read_text(encoding="utf-8")
        if line.startswith("+"):
            assert text.count(f"{previous}\n") == 1
            file.write_text(text.replace(f"{previous}\n", f"{previous}\n{line[1:]}\n"), "utf-8")
        previous = line[1:]


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the project in which the page was followed."""
    copy = tmp_path_factory.mktemp("extended")
    caches = shutil.ignore_patterns("__pycache__")
    for name in (
        "tap_base",
        "tap_clickup",
        "target_pandev",
        "fake_clickup",
        "plugin_settings",
        "tests",
    ):
        shutil.copytree(PROJECT / name, copy / name, ignore=caches)
    shutil.copy(PROJECT / "pyproject.toml", copy)
    (copy / "docs" / "reference").mkdir(parents=True)
    shutil.copy(PROJECT / "docs" / "reference" / "streams.md", copy / "docs" / "reference")
    if all((copy / path).exists() for path, kind, _ in steps() if kind != "diff"):
        return copy  # the page was followed in the project itself
    for path, kind, text in steps():
        if kind == "diff":
            add_lines(copy / path, text)
        else:
            assert not (copy / path).exists()
            (copy / path).write_text(text, encoding="utf-8")
    return copy


def test_the_page_leads_to_a_stream_that_passes(extended: Path) -> None:
    """D6: its own test, and the tests that read every stream."""
    names = ("custom_roles", "completed_reads", "sdk_suite")
    files = [f"tests/tap_clickup/test_{name}.py" for name in names]
    command = [sys.executable, "-m", "pytest", "-v", *files]
    run = subprocess.run(
        command, cwd=extended, text=True, capture_output=True, check=False, env=paths(extended)
    )
    assert run.returncode == 0, run.stdout
    assert "test_custom_roles_have_their_fields PASSED" in run.stdout
    assert "custom_roles" in run.stdout.split("test_sdk_suite.py", 1)[1]


def test_the_files_on_the_page_pass_the_checks(extended: Path) -> None:
    files = [path for path, kind, _ in steps() if kind == "python"]
    ruff = Path(sys.executable).with_name("ruff")
    for check in (["check", "--no-cache"], ["format", "--check", "--no-cache"]):
        run = subprocess.run(
            [ruff, *check, *files], cwd=extended, text=True, capture_output=True, check=False
        )
        assert run.returncode == 0, run.stdout


def test_the_target_creates_the_table(extended: Path, database: str) -> None:
    with FakeClickUp(generate(tasks=5, time_entries=0)) as clickup:
        roles = [
            {"id": 1300, "name": "Tester", "inherited_role": 3},
            {"id": 1301, "name": "Auditor", "inherited_role": 4},
        ]
        clickup.behaviour.faults = [Fault(200, {"custom_roles": roles}, path="/customroles$")]
        tap = [sys.executable, "-m", "tap_clickup.tap", "--config=ENV"]
        settings = {**environment(clickup), **paths(extended)}
        read = subprocess.run(
            tap, cwd=extended, capture_output=True, check=True, env=settings, text=True
        )
    settings = {"TARGET_PANDEV_STORE_URL": database}
    loaded = run_command("target-pandev", "--config=ENV", env=settings, stdin=read.stdout)
    assert loaded.returncode == 0, loaded.stderr
    with psycopg.connect(database) as connection:
        rows = connection.execute(
            "SELECT id, name, inherited_role FROM pandev.custom_roles ORDER BY id"
        )
        assert rows.fetchall() == [("1300", "Tester", 3), ("1301", "Auditor", 4)]
    assert key_of(read.stdout, "custom_roles") == ["workspace_id", "id"]


def key_of(messages: str, stream: str) -> list[str]:
    """Return the key properties in the SCHEMA message of a stream."""
    parsed = (json.loads(line) for line in messages.splitlines())
    return next(
        list(message["key_properties"])
        for message in parsed
        if message["type"] == "SCHEMA" and message["stream"] == stream
    )


def paths(copy: Path) -> dict[str, str]:
    """Return an environment in which the copy's packages take precedence over installed ones."""
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(copy)}
