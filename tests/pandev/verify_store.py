"""A store that was loaded from a fake ClickUp, and commands that compare the two."""

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
    from fake_clickup.model import Workspace

FAST = 400_000
"""Requests per minute, so that no test waits for the rate limit."""
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'pandev' ORDER BY 1"


def load_store(clickup: FakeClickUp, database: str, **settings: Any) -> None:
    """Run the tap into the target, both in this process."""
    tap = TapClickUp(config={**config_for(clickup), "requests_per_minute": FAST, **settings})
    messages = io.BytesIO()
    written = io.TextIOWrapper(messages)
    with redirect_stdout(written):
        tap.sync_all()
        join_threads(THREAD_NAME)
        tap.sync_context.client.close()
        target = TargetPandev(config={"store_url": database, "fail_on_rejected_records": False})
        try:
            target.listen(io.BytesIO(messages.getvalue()))  # type: ignore[arg-type]
        finally:
            target.close()


@dataclass
class CommandRuns:
    """Runs of commands in a folder outside of any Meltano project."""

    clickup: FakeClickUp
    database: str
    folder: Path
    settings: dict[str, str] = field(default_factory=dict)

    def invoke(self, *command: str, columns: int = 80) -> Result:
        """Run a command in this process."""
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
                [*command, "--store-url", self.database],
                env=settings,
                catch_exceptions=False,
            )

    def execute(self, statement: str, *parameters: Any) -> None:
        """Run a statement on the store."""
        with connect(self.database) as connection:
            connection.execute(statement.encode(), parameters or None)

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """Return the rows of a statement on the store."""
        with connect(self.database) as connection:
            return connection.execute(statement.encode()).fetchall()


class VerifyRuns(CommandRuns):
    """Runs of `pandev verify`."""

    def run(self, *arguments: str, columns: int = 80) -> Result:
        """Run the command."""
        return self.invoke("verify", *arguments, columns=columns)

    def verify(self, *arguments: str) -> dict[str, Any]:
        """Return the result as JSON."""
        result: dict[str, Any] = json.loads(self.run("--format", "json", *arguments).stdout)
        return result

    def causes(self, *arguments: str) -> dict[str, list[tuple[str, list[str]]]]:
        """Return the causes of each object that differs, with the fields, from all of them."""
        causes: dict[str, list[tuple[str, list[str]]]] = {}
        for item in self.verify("--sample", "1000", "--ids", *arguments)["differences"]:
            fields = sorted(difference["field"] for difference in item["fields"])
            causes.setdefault(item["id"], []).append((item["cause"], fields))
        return causes


def stored_rows(database: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows of every table, with the transactions that have written them."""
    with connect(database) as connection:
        return {
            name: connection.execute(
                f"SELECT xmin::text, to_jsonb(t)::text FROM {name} AS t ORDER BY 2".encode()  # noqa: S608 - our own names
            ).fetchall()
            for (name,) in connection.execute(TABLES).fetchall()
        }


def plain_ids(workspace: Workspace) -> list[str]:
    """Return dated tasks of live lists that neither are subtasks nor have any."""
    parents = {task.parent_id for task in workspace.tasks.values()}
    return [
        task.id
        for task in workspace.tasks.values()
        if not task.archived
        and task.updated_ms is not None
        and task.parent_id is None
        and task.id not in parents
        and not workspace.is_archived_list(task.list_id)
    ]
