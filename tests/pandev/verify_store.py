"""A store that was loaded from a fake ClickUp, and `pandev verify` of it."""

from __future__ import annotations

import io
import json
from contextlib import chdir, redirect_stdout
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner

from pandev.cli import pandev
from tap_clickup.prefetch import THREAD_NAME
from tap_clickup.tap import TapClickUp
from target_pandev.target import TargetPandev
from tests.pandev.report_store import connect
from tests.support.waiting import join_threads
from tests.tap_clickup.runner import config_for

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

    from fake_clickup import FakeClickUp

FAST = 400_000
"""Requests per minute, so that no test waits for the rate limit."""


def load_store(clickup: FakeClickUp, database: str, **settings: Any) -> None:
    """Run the tap into the target, both in this process."""
    tap = TapClickUp(config={**config_for(clickup), "requests_per_minute": FAST, **settings})
    messages = io.BytesIO()
    written = io.TextIOWrapper(messages)
    with redirect_stdout(written):
        tap.sync_all()
        join_threads(THREAD_NAME)
        tap.sync_context.client.close()
        target = TargetPandev(config={"store_url": database})
        try:
            target.listen(io.BytesIO(messages.getvalue()))  # type: ignore[arg-type]
        finally:
            target.close()


@dataclass
class VerifyRuns:
    """Runs of the command in a folder outside of any Meltano project."""

    clickup: FakeClickUp
    database: str
    folder: Path
    settings: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str, columns: int = 80) -> Result:
        """Run the command."""
        settings = {
            "TAP_CLICKUP_API_TOKEN": self.clickup.token,
            "TAP_CLICKUP_API_URL": self.clickup.api_url,
            "TAP_CLICKUP_REQUESTS_PER_MINUTE": str(FAST),
            "COLUMNS": str(columns),
            **self.settings,
        }
        with chdir(self.folder):
            return CliRunner().invoke(
                pandev,
                ["verify", "--store-url", self.database, *arguments],
                env=settings,
                catch_exceptions=False,
            )

    def verify(self, *arguments: str) -> dict[str, Any]:
        """Return the result as JSON."""
        result: dict[str, Any] = json.loads(self.run("--format", "json", *arguments).stdout)
        return result

    def causes(self, *arguments: str) -> dict[str, list[tuple[str, list[str]]]]:
        """Return the causes of each task that differs, with the fields, from all tasks and ids."""
        causes: dict[str, list[tuple[str, list[str]]]] = {}
        for item in self.verify("--sample", "1000", "--ids", *arguments)["differences"]:
            fields = sorted(difference["field"] for difference in item["fields"])
            causes.setdefault(item["task_id"], []).append((item["cause"], fields))
        return causes

    def execute(self, statement: str, *parameters: Any) -> None:
        """Run a statement on the store."""
        with connect(self.database) as connection:
            connection.execute(statement.encode(), parameters or None)
