"""The script of the page "Without Meltano", run literally."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from fake_clickup import FakeClickUp, generate
from tests.support.commands import forked_variables
from tests.support.documents import blocks, read_page
from tests.tap_clickup.runner import environment

if TYPE_CHECKING:
    from pathlib import Path

    from fake_clickup import Account

(SCRIPT,) = blocks(read_page("guides/without-meltano"), "bash")
NO_STORE = "postgresql://u:x@127.0.0.1:1/x"


@pytest.fixture
def account() -> Account:
    return generate(seed=7, tasks=20, time_entries=0)


def run_script(
    folder: Path, clickup: FakeClickUp, **settings: str
) -> subprocess.CompletedProcess[str]:
    (folder / "sync.sh").write_text(SCRIPT)
    bash = shutil.which("bash")
    assert bash
    return subprocess.run(
        [bash, "sync.sh"],
        cwd=folder,
        env={**forked_variables(), **environment(clickup), **settings},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_script_keeps_the_state_of_a_complete_run(
    clickup: FakeClickUp, database: str, tmp_path: Path
) -> None:
    store = {"TARGET_PANDEV_STORE_URL": database}
    assert run_script(tmp_path, clickup, **store).returncode == 0
    first = (tmp_path / "state.json").read_text()
    assert '"bookmarks"' in first
    clickup.requests.clear()
    assert run_script(tmp_path, clickup, **store).returncode == 0
    assert len((tmp_path / "state.json").read_text().splitlines()) == 1


@pytest.mark.parametrize(
    "broken",
    [
        {"TAP_CLICKUP_API_TOKEN": "pk_1_WRONGWRONG"},
        {"TARGET_PANDEV_STORE_URL": NO_STORE},
        {"TARGET_PANDEV_MAX_DELETED_SHARE": "7"},
    ],
    ids=["tap", "store", "target"],
)
def test_the_script_fails_and_keeps_the_old_state(
    clickup: FakeClickUp, database: str, tmp_path: Path, broken: dict[str, str]
) -> None:
    (tmp_path / "state.json").write_text('{"bookmarks": {}}')
    settings = {"TARGET_PANDEV_STORE_URL": database, **broken}
    assert run_script(tmp_path, clickup, **settings).returncode == 1
    assert (tmp_path / "state.json").read_text() == '{"bookmarks": {}}'
