"""The command `clickup-receiver`, as a process of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import requests

from clickup_receiver.http.signature import compute_signature
from clickup_receiver.webhooks.secret_store import FileSecretStore
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from types import TracebackType

    from fake_clickup import FakeClickUp

COMMAND = Path(sys.executable).with_name("clickup-receiver")
ENDPOINT = "http://127.0.0.1:1/v1/clickup/webhook"
"""What is registered as the receiver's address, where nobody has to call it."""
DEADLINE = 30.0
SETTINGS = ("CLICKUP_RECEIVER_", "TAP_", "TARGET_PANDEV_", "MELTANO_")


@dataclass
class ReceiverProcess:
    """A receiver of a local ClickUp and a store, in a folder; it runs while its `with` block does.

    Its settings stand in the folder's `.env` and in `options`, its log in `log`.
    """

    clickup: FakeClickUp
    database: str
    folder: Path
    options: dict[str, str] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.session = requests.Session()
        self.secrets = FileSecretStore(self.folder / "data" / "webhooks.json")
        self.path = self.folder / "log"
        self.process: subprocess.Popen[bytes] | None = None
        self.settings = {
            "TAP_CLICKUP_API_TOKEN": self.clickup.token,
            "TAP_CLICKUP_API_URL": self.clickup.api_url,
            "TAP_CLICKUP_REQUESTS_PER_MINUTE": "400000",
            "TARGET_PANDEV_STORE_URL": self.database,
            **self.settings,
        }

    @property
    def log(self) -> str:
        return self.path.read_text(encoding="utf-8") if self.path.exists() else ""

    def write_settings(self) -> None:
        lines = [f"{name}='{value}'\n" for name, value in self.settings.items()]
        (self.folder / ".env").write_text("".join(lines), encoding="utf-8")

    def words(self, *subcommand: str) -> list[str]:
        options = {
            "host": "127.0.0.1",
            "port": "0",
            "metrics-port": "0",
            "data-dir": str(self.folder / "data"),
            "webhook-url": ENDPOINT,
            **self.options,
        }
        given = [f"--{name}={value}" for name, value in options.items()]
        return [str(COMMAND), *given, *subcommand]

    def _environment(self) -> dict[str, str]:
        return {name: it for name, it in os.environ.items() if not name.startswith(SETTINGS)}

    def call(self, *subcommand: str) -> subprocess.CompletedProcess[str]:
        """Run the command to its end."""
        self.write_settings()
        return subprocess.run(
            self.words(*subcommand),
            cwd=self.folder,
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=DEADLINE,
        )

    def start(self) -> Self:
        """Start, and return once it listens."""
        self.write_settings()
        before = len(self.log)
        with self.path.open("ab") as log:
            self.process = process = subprocess.Popen(
                self.words(),
                cwd=self.folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        wait_until(lambda: "listening on" in self.log[before:] or process.poll() is not None)
        assert process.poll() is None, self.log
        self.url, self.metrics_url = (
            re.findall(rf"{what} (http://\S+)", self.log)[-1]
            for what in ("listening on", "metrics on")
        )
        return self

    def stop(self) -> int:
        """Ask it to stop; return its exit code."""
        assert self.process
        self.process.terminate()
        return self.process.wait(DEADLINE)

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait(DEADLINE)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.session.close()
        if self.process and self.process.poll() is None:
            self.kill()

    @property
    def webhook_id(self) -> str:
        """The webhook of the first workspace, once it is registered and its secret known."""
        workspace = self.clickup.account.workspaces[0]
        found: str = wait_until(
            lambda: next((one for one in workspace.webhooks if self.secrets.get(one)), None)
        )
        return found

    def post(self, event: str, *items: dict[str, Any], **keys: Any) -> int:
        """Deliver an event of the first workspace, about task 86a1; return the answer's status."""
        webhook_id = self.webhook_id
        secret = self.clickup.account.workspaces[0].webhooks[webhook_id].secret
        delivery = {"event": event, "history_items": items, "task_id": "86a1", **keys}
        delivery["webhook_id"] = webhook_id
        body = json.dumps(delivery, separators=(",", ":")).encode()
        headers = {"X-Signature": compute_signature(body, secret).decode()}
        return self.session.post(self.url, body, headers=headers, timeout=DEADLINE).status_code
