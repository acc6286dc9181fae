"""Runs of tap-clickup into target-pandev without Meltano, and what they leave in the store."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import psycopg

from tests.support.commands import run_command
from tests.tap_clickup.runner import environment

if TYPE_CHECKING:
    from pathlib import Path

    from fake_clickup import FakeClickUp

SWEEP = {"TAP_CLICKUP_SWEEP": "true"}


@dataclass(frozen=True)
class SyncResult:
    """The exit codes of tap and target, the last line of the target's log, and both logs."""

    exit_codes: tuple[int, int]
    last_line: str
    log: str


class Sync:
    """Run tap-clickup into target-pandev; polls and sweeps each resume from their own state.

    Set `catalog` to select properties.
    """

    def __init__(self, clickup: FakeClickUp, database: str, folder: Path) -> None:
        self._settings = {**environment(clickup), "TARGET_PANDEV_STORE_URL": database}
        self._database = database
        self._folder = folder
        self.catalog: dict[str, Any] | None = None

    def __call__(self, **settings: str) -> SyncResult:
        """Run both commands with the settings and keep the last state."""
        environment = {**self._settings, **settings}
        state = self._folder / ("sweep.json" if "TAP_CLICKUP_SWEEP" in settings else "poll.json")
        options = ["--state", str(state)] if state.exists() else []
        if self.catalog:
            catalog = self._folder / "catalog.json"
            catalog.write_text(json.dumps(self.catalog), encoding="utf-8")
            options += ["--catalog", str(catalog)]
        tap = run_command("tap-clickup", "--config=ENV", *options, env=environment)
        target = run_command("target-pandev", "--config=ENV", env=environment, stdin=tap.stdout)
        if states := target.stdout.splitlines():
            state.write_text(states[-1], encoding="utf-8")
        last_line = target.stderr.strip().splitlines()[-1]
        return SyncResult(
            (tap.returncode, target.returncode), last_line, tap.stderr + target.stderr
        )

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self._database, options="-c search_path=pandev") as connection:
            return connection.execute(statement.encode()).fetchall()

    def deleted_ids(self, table: str, key: str = "id") -> set[str]:
        """Return the ids of the rows that are marked as deleted."""
        rows = self.rows(f"SELECT {key} FROM {table} WHERE _sdc_deleted_at IS NOT NULL")  # noqa: S608 - names of this file
        return {str(row_id) for (row_id,) in rows}

    def move_reads_back(self, days: int) -> None:
        """Date all reads some days earlier, as in a store that is in use."""
        with psycopg.connect(self._database, options="-c search_path=pandev") as connection:
            for table in ("tasks", "time_entries", "spaces", "folders", "lists", "users"):
                statement = f"UPDATE {table} SET _sdc_extracted_at = _sdc_extracted_at - %s"  # noqa: S608 - as above
                connection.execute(statement.encode(), (timedelta(days=days),))
