"""Generated accounts, and the command that serves one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

import pytest
import requests
from click.testing import CliRunner

from fake_clickup import generate
from fake_clickup.cli import main
from tests.fake_clickup.client import DAY_MS, NOW

ROOT = Path(__file__).parents[2]


def test_equal_seeds_give_equal_accounts() -> None:
    sizes = {"tasks": 50, "workspaces": 2}
    first, same, other = (generate(seed=seed, now=NOW, **sizes) for seed in (1, 1, 2))
    assert first.token == same.token != other.token
    for first_workspace, same_workspace in zip(first.workspaces, same.workspaces, strict=True):
        assert (first_workspace.id, first_workspace.tasks) == (
            same_workspace.id,
            same_workspace.tasks,
        )
        assert first_workspace.time_entries == same_workspace.time_entries
        assert (first_workspace.lists, first_workspace.spaces) == (
            same_workspace.lists,
            same_workspace.spaces,
        )
    assert not first.workspaces[0].tasks.keys() & other.workspaces[0].tasks.keys()


def test_the_token_has_the_format_of_a_personal_token() -> None:
    account = generate(seed=7, now=NOW)
    prefix, user_id, secret = account.token.split("_")
    assert (prefix, user_id) == ("pk", str(account.user_id))
    assert len(secret) == 32
    assert secret.isalnum()
    assert secret == secret.upper()


def test_the_generator_creates_every_awkward_shape() -> None:
    workspace = generate(seed=7, now=NOW, tasks=400).workspaces[0]
    tasks = list(workspace.tasks.values())
    kinds = {workspace.status_of(task).type for task in tasks}
    assert kinds == {"open", "unstarted", "custom", "done", "closed"}
    assert {task.points for task in tasks} == {None, 0, 0.5, 3}
    assert {task.priority for task in tasks} == {None, 1, 2, 3, 4}
    assert 1.5e6 + 0.5 in {task.time_estimate_ms for task in tasks}
    parents = {task.id: task.parent_id for task in tasks}
    deep = [task for task in tasks if parents.get(parents.get(task.parent_id or "") or "")]
    assert deep
    left = workspace.users.keys() - workspace.members.keys()
    assert left & {user_id for task in tasks for user_id in task.assignee_ids}
    shared = len(tasks) - len({task.updated_ms for task in tasks})
    assert shared > 10
    recent = [
        task for task in tasks if (task.updated_ms or 0) > NOW.timestamp() * 1000 - 90 * DAY_MS
    ]
    assert len(recent) > len(tasks) / 2


@pytest.mark.parametrize(
    "command",
    [[str(Path(sys.executable).with_name("fake-clickup"))], [sys.executable, "-m", "fake_clickup"]],
    ids=["console script", "module"],
)
def test_the_command_serves_until_it_is_terminated(tmp_path: Path, command: list[str]) -> None:
    ready = tmp_path / "ready.json"
    options = ["--tasks", "20", "--spaces", "1", "--ready-file", str(ready)]
    with subprocess.Popen(
        [*command, *options], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        url = process.stdout.readline().strip()
        token = process.stdout.readline().strip()
        response = requests.get(f"{url}/user", headers={"Authorization": token}, timeout=10)
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(timeout=10) == 0
    assert response.json()["user"]["email"] == "user1@example.com"
    assert json.loads(ready.read_text(encoding="utf-8")) == {"api_url": url, "token": token}


def test_people_edit_tasks_and_webhooks_report_it() -> None:
    received: Queue[dict[str, Any]] = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as endpoint:
        thread = Thread(target=endpoint.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        options = ["--tasks", "40", "--spaces", "1", "--edits-per-minute", "1200"]
        with subprocess.Popen(
            [sys.executable, "-m", "fake_clickup", *options],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout
            url, token = (process.stdout.readline().strip() for _ in range(2))
            headers = {"Authorization": token}
            (team,) = requests.get(f"{url}/team", headers=headers, timeout=10).json()["teams"]
            webhook = {"endpoint": f"http://127.0.0.1:{endpoint.server_port}/", "events": ["*"]}
            path = f"{url}/team/{team['id']}/webhook"
            assert requests.post(path, json=webhook, headers=headers, timeout=10).ok
            deliveries = [received.get(timeout=60) for _ in range(5)]
            os.kill(process.pid, signal.SIGTERM)
            assert process.wait(timeout=10) == 0
        endpoint.shutdown()
        thread.join()
    members = {member["user"]["id"] for member in team["members"]}
    people = {item["user"]["id"] for delivery in deliveries for item in delivery["history_items"]}
    assert people < members
    assert people


def test_an_invalid_option_is_reported_before_anything_starts() -> None:
    run = CliRunner().invoke(main, ["--port", "70000"])
    assert run.exit_code == 2
    assert "70000 is not in the range 0<=x<=65535" in run.output
