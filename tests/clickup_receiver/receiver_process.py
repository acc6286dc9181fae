"""The command `clickup-receiver` as a process."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import requests

from clickup_receiver.http.signature import compute_signature
from clickup_receiver.webhooks.secret_store import FileSecretStore
from tests.support.commands import (
    CommandProcess,
    forked_variables,
    run_command,
    start_command,
)
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from fake_clickup import FakeClickUp

COMMAND = Path(sys.executable).with_name("clickup-receiver")
ENDPOINT = "http://127.0.0.1:1/v1/clickup/webhook"
"""The registered address of a receiver that does not have to be reached by the fake ClickUp."""
TIMEOUT_SECONDS = 30.0
START_TIMEOUT_SECONDS = 180.0
"""On a busy machine; in a Meltano project it asks Meltano for settings."""
SETTING_PREFIXES = ("CLICKUP_RECEIVER_", "TAP_", "TARGET_PANDEV_", "MELTANO_")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment_without_settings() -> dict[str, str]:
    """Return the environment without the settings of the machine that runs the tests."""
    return {
        name: value for name, value in os.environ.items() if not name.startswith(SETTING_PREFIXES)
    }


@dataclass
class ReceiverProcess:
    """A receiver for a fake ClickUp and a store, which runs while its `with` block does.

    Its settings are in the folder's `.env` and in `options`, its output is in `log`. It is forked,
    and so is what it starts, unless there is a `command`.
    """

    clickup: FakeClickUp
    database: str
    folder: Path
    options: dict[str, str] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    command: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.session = requests.Session()
        self.secret_store = FileSecretStore(self.folder / "data" / "webhooks.json")
        self.log_path = self.folder / "log"
        self.process: subprocess.Popen[bytes] | CommandProcess | None = None
        self.url = ""
        self.metrics_url = ""
        self.settings = {
            "TAP_CLICKUP_API_TOKEN": self.clickup.token,
            "TAP_CLICKUP_API_URL": self.clickup.api_url,
            "TAP_CLICKUP_REQUESTS_PER_MINUTE": "400000",
            "TARGET_PANDEV_STORE_URL": self.database,
            **self.settings,
        }

    @property
    def log(self) -> str:
        return self.log_path.read_text(encoding="utf-8") if self.log_path.exists() else ""

    def write_settings(self) -> None:
        lines = [f"{name}='{value}'\n" for name, value in self.settings.items()]
        (self.folder / ".env").touch(mode=0o600)
        (self.folder / ".env").write_text("".join(lines), encoding="utf-8")

    def command_line(self, *subcommand: str) -> list[str]:
        options = {
            "host": "127.0.0.1",
            "port": "0",
            "metrics-port": "0",
            "data-dir": str(self.folder / "data"),
            "webhook-url": ENDPOINT,
            **self.options,
        }
        arguments = [f"--{name}={value}" for name, value in options.items()]
        return [*(self.command or (COMMAND.name,)), *arguments, *subcommand]

    def run_command(self, *subcommand: str) -> subprocess.CompletedProcess[str]:
        """Run the command until it exits."""
        self.write_settings()
        environment = {**environment_without_settings(), **forked_variables()}
        return run_command(*self.command_line(*subcommand), env=environment, cwd=self.folder)

    def start(self) -> Self:
        """Start, and return once it is listening."""
        self.write_settings()
        length_before = len(self.log)
        with self.log_path.open("ab") as log, Path(os.devnull).open("rb") as nothing:
            self.process = process = self._start((nothing.fileno(), log.fileno(), log.fileno()))

        def is_listening_or_dead() -> bool:
            return "listening on" in self.log[length_before:] or process.poll() is not None

        wait_until(is_listening_or_dead, timeout_seconds=START_TIMEOUT_SECONDS)
        assert process.poll() is None, self.log
        self.url = self._last_url_after("listening on")
        self.metrics_url = self._last_url_after("metrics on")
        return self

    def _start(self, streams: tuple[int, int, int]) -> subprocess.Popen[bytes] | CommandProcess:
        if not self.command:
            environment = {**environment_without_settings(), **forked_variables()}
            return start_command(
                *self.command_line(), env=environment, cwd=self.folder, streams=streams
            )
        stdin, stdout, stderr = streams
        return subprocess.Popen(
            self.command_line(),
            cwd=self.folder,
            env=environment_without_settings(),
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
        )

    def _last_url_after(self, words: str) -> str:
        url: str = re.findall(rf"{words} (http://\S+)", self.log)[-1]
        return url

    def stop(self) -> int:
        """Send SIGTERM; return the exit code."""
        assert self.process
        self.process.terminate()
        return self.process.wait(TIMEOUT_SECONDS)

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait(TIMEOUT_SECONDS)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.session.close()
        if self.process and self.process.poll() is None:
            self.kill()

    @property
    def webhook_id(self) -> str:
        """The webhook of the first workspace, once it is registered and its secret is stored."""
        webhooks = self.clickup.account.workspaces[0].webhooks

        def registered_webhook() -> str | None:
            return next((each for each in list(webhooks) if self.secret_store.get(each)), None)

        return wait_until(registered_webhook)

    def post(self, event: str, *items: dict[str, Any], **keys: Any) -> int:
        """Deliver an event of the first workspace, about task 86a1; return the status."""
        webhook_id = self.webhook_id
        secret = self.clickup.account.workspaces[0].webhooks[webhook_id].secret
        delivery = {"event": event, "history_items": items, "task_id": "86a1", **keys}
        delivery["webhook_id"] = webhook_id
        body = json.dumps(delivery, separators=(",", ":")).encode()
        headers = {"X-Signature": compute_signature(body, secret).decode()}
        response = self.session.post(self.url, body, headers=headers, timeout=TIMEOUT_SECONDS)
        return response.status_code
