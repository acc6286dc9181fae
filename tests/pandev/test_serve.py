"""The command `pandev serve` listens on this machine, and ends when it is stopped."""

from __future__ import annotations

import re
import signal
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from clickup_receiver.http.server import bind_socket
from pandev.cli import pandev
from pandev.commands import serve as command
from tap_clickup.errors import ConfigurationError
from tests.pandev.command import PANDEV, assert_golden, write_env
from tests.pandev.page_server import RunningPage, texts
from tests.pandev.page_store import count_blocked, fill_page, locked
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any


@pytest.mark.parametrize(("signum", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_page_is_served_until_it_is_stopped(
    database: str, tmp_path: Path, signum: signal.Signals, exit_code: int
) -> None:
    """It begins to read its tabs before anyone asks for them."""
    arguments = ["serve", "--port", "0", "--receiver-port", "1", "--data-dir", str(tmp_path)]
    with (
        locked(database, "tasks") as unlock,
        subprocess.Popen(
            [PANDEV, *arguments, "--store-url", database],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PYTHONUNBUFFERED": "1"},
        ) as process,
    ):
        assert process.stdout
        assert process.stderr
        line = process.stdout.readline()
        wait_until(lambda: count_blocked(database))
        unlock()
        port = re.findall(r":(\d+)/", line)[0]
        assert_golden("serve", line.replace(port, "8720"))
        page = RunningPage(int(port))
        assert "<h1>Work</h1>" in page.get("/tasks").text
        process.send_signal(signum)
        assert process.wait(60) == exit_code
        assert process.stderr.read() == ""
    assert list(tmp_path.iterdir()) == []


def test_the_page_follows_selection_and_switch(database: str, tmp_path: Path) -> None:
    """As pandev scopes and pandev disable change them; the environment precedes .env as ever."""
    fill_page(database)
    arguments = ["serve", "--port", "0", "--receiver-port", "1", "--data-dir", str(tmp_path)]
    process = subprocess.Popen(
        [PANDEV, *arguments, "--store-url", database],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
        env={"PATH": "/usr/bin", "HOME": str(tmp_path), "TAP_CLICKUP_WORKSPACE_IDS": '["900"]'},
    )
    with ended(process):
        assert process.stdout
        page = RunningPage(int(re.findall(r":(\d+)/", process.stdout.readline())[0]))
        for variables, badge, selected in (
            ({}, "Connected", "1 workspace, 2 spaces"),
            ({"TAP_CLICKUP_SPACE_IDS": '["12"]'}, "Connected", "1 workspace, 1 space"),
            ({"TAP_CLICKUP_ENABLED": "false"}, "Off", "1 workspace, 2 spaces"),
            ({"TAP_CLICKUP_WORKSPACE_IDS": '["901"]'}, "Connected", "1 workspace, 2 spaces"),
        ):
            write_env(tmp_path, **variables)
            html = page.get("/integration").text
            facts = dict(zip(texts(html, "dt"), texts(html, "dd"), strict=True))
            assert (texts(html, ".badge"), facts["Selected"]) == ([badge], selected)
        write_env(tmp_path).chmod(0o666)
        refused = page.get("/integration")
        assert (refused.status, texts(refused.text, "h1")) == (503, ["The settings cannot be read"])
        assert "others can write to it" in refused.text


@contextmanager
def ended(process: subprocess.Popen[str]) -> Iterator[None]:
    """End a process with the context."""
    with process:
        try:
            yield
        finally:
            process.terminate()


def serve_in_process(
    monkeypatch: pytest.MonkeyPatch, *arguments: str
) -> tuple[dict[str, Any], str]:
    """Return what the server is started with, and what is printed on stderr."""
    started: dict[str, Any] = {}

    def start(*_: object, **options: object) -> None:
        started.update(options)

    monkeypatch.setattr(command, "serve_page", start)
    ended = CliRunner().invoke(pandev, ["serve", *arguments], catch_exceptions=False)
    assert ended.exit_code == 0
    return started, ended.stderr


def test_the_page_is_open_to_this_machine_only(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Another address is possible, with a warning: the page has no passwords."""
    monkeypatch.chdir(tmp_path)
    started, stderr = serve_in_process(monkeypatch)
    assert started == {"host": "127.0.0.1", "port": 8720, "is_loopback": True}
    assert stderr == ""
    started, stderr = serve_in_process(monkeypatch, "--host", "192.0.2.1", "--port", "80")
    assert started == {"host": "192.0.2.1", "port": 80, "is_loopback": False}
    assert stderr == (
        "pandev: the page has no passwords: everyone who reaches 192.0.2.1 sees tasks and people; "
        "put a reverse proxy with a login in front of it\n"
    )


def test_a_port_in_use_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    listener = bind_socket("127.0.0.1", 0)
    port = listener.getsockname()[1]
    try:
        with pytest.raises(ConfigurationError, match=rf"port {port}: Address already in use"):
            CliRunner().invoke(pandev, ["serve", "--port", str(port)], catch_exceptions=False)
    finally:
        listener.close()
