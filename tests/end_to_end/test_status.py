"""`pandev status` of a store that the tap and the target have filled."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.end_to_end.sync import Sync
from tests.pandev.status_store import printed, values
from tests.support.commands import run_command
from tests.tap_clickup.runner import environment

if TYPE_CHECKING:
    from pathlib import Path

    from fake_clickup import Account, FakeClickUp
    from fake_clickup.model import Workspace

LONG_RUN = (
    "import tap_clickup.streams.sync_runs as stream\n"
    "stream.INTERVAL_SECONDS = 0.0\n"
    "from tap_clickup.tap import TapClickUp\n"
    "TapClickUp.run_command_line()"
)
"""The tap with a record of its run after each other record."""


@pytest.fixture
def sync(clickup: FakeClickUp, database: str, tmp_path: Path) -> Sync:
    return Sync(clickup, database, tmp_path)


def test_a_sync_is_connected_until_the_token_is_refused(
    sync: Sync, account: Account, clickup: FakeClickUp, database: str
) -> None:
    """R39, R40, R41, R42, R43, R92: the store alone shows both."""
    assert sync().exit_codes == (0, 0)
    shown = values(database)
    spaces = sum(len(workspace.spaces) for workspace in account.workspaces)
    assert (shown["state"], shown["workspaces"], shown["spaces"]) == ("connected", 2, spaces)
    assert (shown["backfill"], shown["problem"]) == ("complete", None)
    refused = sync(TAP_CLICKUP_API_TOKEN=f"{clickup.token}X")
    assert refused.exit_codes == (1, 0)
    lines = printed(database).splitlines()
    assert lines[0] == f"Error      2 workspaces, {spaces} spaces"
    assert lines[4] == "Problem    401 Unauthorized: the token is wrong, expired or was regenerated"
    assert sync().exit_codes == (0, 0)
    assert values(database)["state"] == "connected"


def test_a_back_fill_that_is_cut_shows_how_far_it_was(
    workspace: Workspace, clickup: FakeClickUp, database: str
) -> None:
    """R96, R135: it counts as running until its row is too old."""
    settings = {
        **environment(clickup),
        "TAP_CLICKUP_WORKSPACE_IDS": f'["{workspace.id}"]',
        "TAP_CLICKUP_START_DATE": "2025-01-01",
    }
    command = [sys.executable, "-c", LONG_RUN, "--config=ENV"]
    tap = subprocess.run(command, text=True, capture_output=True, check=True, env=settings)
    messages = tap.stdout.splitlines(keepends=True)
    with_progress = [n for n, line in enumerate(messages) if _progress(json.loads(line))]
    cut = with_progress[len(with_progress) // 2]
    share = _progress(json.loads(messages[cut])) or 0.0
    assert 0 < share <= 1
    target = run_command(
        "target-pandev",
        "--config=ENV",
        env={"TARGET_PANDEV_STORE_URL": database},
        stdin="".join(messages[: cut + 1]),
    )
    assert target.returncode == 0, target.stderr
    running = values(database)
    assert (running["state"], running["backfill"]) == ("connected", "running")
    assert running["progress"] == pytest.approx(share)
    assert printed(database).splitlines()[2] == f"Back-fill  running, {share:.0%}"


def _progress(message: dict[str, Any]) -> float | None:
    """Return the progress in a record of an unfinished run."""
    if message["type"] != "RECORD" or message["stream"] != "sync_runs":
        return None
    progress: float | None = message["record"]["progress"]
    return progress
