"""Run a tap of the growth benchmark, first and as a poll, in a process without a database driver.

`python -m benchmarks.growth_taps FOLDER KIND SIZE` reads that many tasks, people, lists per folder,
workspaces or commits. It writes the messages of the first run to `first.singer`; standard output is
one JSON object with the costs of both runs. A process that also imports what the store needs would
be larger than the tap that it measures (see `processes`).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.clickup_process import ClickUpProcess, a_year_ago
from benchmarks.git_repository import write_repository
from benchmarks.processes import run_measured

if TYPE_CHECKING:
    from benchmarks.processes import Usage

FIRST, POLL = "first", "poll"
CLICKUP, GIT = (Path(sys.executable).with_name(name) for name in ("tap-clickup", "tap-git"))
COMMITS_PER_BRANCH = 100
CONSTANT: dict[str, dict[str, Any]] = {
    "tasks": {},
    "users": {"tasks": 2_000},
    "lists": {"tasks": 2_000},
    "workspaces": {"tasks": 500, "spaces": 2, "time_entries": 500},
}
"""What else the account contains, by the size that changes."""


def read_clickup(folder: Path, kind: str, size: int) -> dict[str, Any]:
    """Read an account, first and as a poll, and count the requests."""
    requests = {}
    sizes = {**CONSTANT[kind], kind: size}
    with ClickUpProcess(**sizes) as clickup:
        config = {
            "api_token": clickup.token,
            "api_url": clickup.api_url,
            "start_date": a_year_ago(),
        }
        usages = {}
        for run in (FIRST, POLL):
            clickup.reset_requests(peer=False)
            usages[run] = _run(folder, CLICKUP, config, run)
            requests[run] = clickup.requests().total()
        number = clickup.contents.lists if kind == "lists" else size
    costs = {"requests": requests[FIRST], "requests_poll": requests[POLL]}
    return {"size": number, **costs, **_costs(usages)}


def read_commits(folder: Path, commits: int) -> dict[str, Any]:
    """Read a repository, first and as a poll."""
    git = write_repository(folder, commits=commits, heads=commits // COMMITS_PER_BRANCH)
    config = {"repositories": [git.path]}
    return {
        "size": commits,
        **_costs({run: _run(folder, GIT, config, run) for run in (FIRST, POLL)}),
    }


def _run(folder: Path, tap: Path, settings: dict[str, Any], run: str) -> Usage:
    config, state = folder / "tap.json", folder / "state.json"
    config.write_text(json.dumps(settings))
    command: list[str | Path] = [tap, "--config", config]
    if run == POLL:
        state.write_text(_last_state(folder / f"{FIRST}.singer"))
        command += ["--state", state]
    return run_measured(command, stdout=folder / f"{run}.singer")


def _last_state(messages: Path) -> str:
    with messages.open() as lines:
        states = [line for line in lines if line.startswith('{"type":"STATE"')]
    return json.dumps(json.loads(states[-1])["value"])


def _costs(usages: dict[str, Usage]) -> dict[str, Any]:
    return {
        "tap_cpu_seconds": round(usages[FIRST].cpu_seconds, 2),
        "tap_peak_mb": round(max(usage.peak_mb for usage in usages.values()), 1),
        "poll_cpu_seconds": round(usages[POLL].cpu_seconds, 2),
    }


def main() -> None:
    """Run a tap twice and write the JSON object."""
    folder, kind, size = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    is_git = kind == "commits"
    print(json.dumps(read_commits(folder, size) if is_git else read_clickup(folder, kind, size)))


if __name__ == "__main__":
    main()
