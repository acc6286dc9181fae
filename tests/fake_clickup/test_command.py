"""Generated accounts, and the command that serves one."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import TYPE_CHECKING, Any

import click
import pytest
import requests
from click.testing import CliRunner

from fake_clickup import generate
from fake_clickup.cli import GROUPS, main
from fake_clickup.routes import ROUTES, WRITES
from tests.fake_clickup.client import DAY_MS, NOW

if TYPE_CHECKING:
    from collections.abc import Iterator

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


def fail(*options: str) -> tuple[int, str]:
    """Return the exit code and the error of a process; it blocks signals, so it has its own."""
    run = subprocess.run(
        [sys.executable, "-m", "fake_clickup", "--tasks", "1", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return run.returncode, run.stderr


def test_a_port_that_is_used_is_reported_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert fail("--port", str(port)) == (1, f"Error: port {port}: Address already in use\n")


def test_a_ready_file_without_its_folder_is_reported_in_one_line(tmp_path: Path) -> None:
    ready = tmp_path / "missing" / "ready.json"
    assert fail("--ready-file", str(ready)) == (1, f"Error: {ready}: No such file or directory\n")


OPTIONS = [option for option in main.params if isinstance(option, click.Option)]


def test_the_help_has_every_option_in_a_group() -> None:
    text = CliRunner().invoke(main, ["--help"], terminal_width=80).output
    groups = [line.removesuffix(":") for line in text.splitlines() if re.match(r"[A-Z].*:$", line)]
    assert groups == ["Server", "Account", "Plan and role", "Storms", "Faults"]
    assert "    fake-clickup --edits-per-minute 60" in text.splitlines()
    listed = re.findall(r"^  (--[a-z-]+)", text, re.MULTILINE)
    assert sorted(listed) == sorted(["--help", *(option.opts[0] for option in OPTIONS)])
    assert max(map(len, text.splitlines())) <= 80


def test_the_page_of_the_docs_lists_options_and_paths() -> None:
    page = (ROOT / "docs/reference/fake-clickup.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(--[a-z-]+)` \| (.+) \| (.*) \|$", page, re.MULTILINE)
    assert rows == [
        (option, by_name[option].help, _default(by_name[option]))
        for names in GROUPS.values()
        for option in names
        if option in (by_name := {option.opts[0]: option for option in OPTIONS})
    ]
    paths = re.findall(r"^\| `([A-Z]+) (/.+)` \|", page, re.MULTILINE)
    patterns = [("GET", pattern) for pattern, _ in ROUTES]
    patterns += [(method, pattern) for method, pattern, _ in WRITES]
    assert paths == [(method, re.sub(r"\(.*?\)", "{id}", pattern)) for method, pattern in patterns]


def _default(option: click.Option) -> str:
    is_shown = option.show_default and option.default is not None
    return f"`{option.default}`" if is_shown else ""


@pytest.mark.parametrize(
    ("options", "statuses"),
    [
        (["--plan", "business-plus"], [(200, "1000")] * 3),
        (["--limit-per-minute", "2"], [(200, "2"), (200, "2"), (429, "2")]),
        (["--fault-every", "2"], [(200, "100"), (500, None), (200, "100")]),
        (["--fault-every", "3", "--fault", "429"], [(200, "100"), (200, "100"), (429, "100")]),
        (["--fault-every", "3", "--fault", "reset"], [(200, "100"), (200, "100"), (0, None)]),
    ],
)
def test_plans_and_faults_are_those_of_the_options(
    options: list[str], statuses: list[tuple[int, str | None]]
) -> None:
    with serving(options) as (url, token):
        assert [limit_of(f"{url}/user", token) for _ in statuses] == statuses


def test_an_awkward_account_is_served_to_a_member() -> None:
    with serving(["--awkward", "--role", "member", "--tasks", "40"]) as (url, token):
        headers = {"Authorization": token}
        (team,) = requests.get(f"{url}/team", headers=headers, timeout=10).json()["teams"]
        webhook = {"endpoint": "http://127.0.0.1:1/", "events": ["*"]}
        path = f"{url}/team/{team['id']}/webhook"
        refused = requests.post(path, json=webhook, headers=headers, timeout=10)
    assert team["name"] == "Workshop 1"
    assert (refused.status_code, refused.json()["ECODE"]) == (403, "ROLE_001")
    run = CliRunner().invoke(main, ["--awkward", "--edits-per-minute", "1"])
    assert (run.exit_code, run.output.splitlines()[-1]) == (
        2,
        "Error: people do not edit an account of --awkward",
    )


def limit_of(url: str, token: str) -> tuple[int, str | None]:
    """Return status and rate limit of a response; status 0 if the connection is cut."""
    try:
        response = requests.get(url, headers={"Authorization": token}, timeout=10)
    except requests.ConnectionError:
        return 0, None
    return response.status_code, response.headers.get("x-ratelimit-limit")


@contextmanager
def serving(options: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the API's URL and the token of a command with options."""
    command = [sys.executable, "-m", "fake_clickup", "--tasks", "5", *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        url, token = (process.stdout.readline().strip() for _ in range(2))
        try:
            yield url, token
        finally:
            process.terminate()
            assert process.wait(timeout=10) == 0
