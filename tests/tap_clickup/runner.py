"""Runs of the tap: in this process on a simulated clock, or as a command in its own process."""

from __future__ import annotations

import json
import logging
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fake_clickup import Fault
from tap_clickup.client import Client
from tap_clickup.errors import ClickUpError
from tap_clickup.prefetch import THREAD_NAME
from tap_clickup.rate_limit import RateLimit
from tap_clickup.tap import TapClickUp
from tests.support import commands
from tests.support.waiting import join_threads
from tests.tap_clickup.dates import ms_to_iso

if TYPE_CHECKING:
    from collections.abc import Iterable
    from subprocess import CompletedProcess

    import pytest

    from fake_clickup import Account, Behaviour, FakeClickUp, Request
    from fake_clickup.model import Task, Workspace
    from tests.support.clocks import SimulatedClock

COMMAND = Path(sys.executable).with_name("tap-clickup")
ALL_TIME = "2025-01-01"
TIMEOUT_SECONDS = 20
"""Seconds after which a test fails that would otherwise hang."""
Row = dict[str, Any]


@dataclass(frozen=True)
class TapRun:
    """The messages and the log of one run, and the error that ended it."""

    stdout: str
    log: str = ""
    error: str | None = None

    @property
    def messages(self) -> list[Row]:
        return [json.loads(line) for line in self.stdout.splitlines()]

    def records(self, stream: str) -> list[Row]:
        """Return the RECORD messages of a stream."""
        return [
            message
            for message in self.messages
            if message["type"] == "RECORD" and message["stream"] == stream
        ]

    def rows(self, stream: str) -> list[Row]:
        """Return the records of a stream."""
        return [message["record"] for message in self.records(stream)]

    def column(self, stream: str, name: str, *, space_id: str | None = None) -> list[Any]:
        """Return the values of a column, of all records or of those of one space."""
        rows = self.rows(stream)
        return [row[name] for row in rows if space_id is None or row["space_id"] == space_id]

    @property
    def streams(self) -> list[str]:
        """The stream of each RECORD message."""
        return [message["stream"] for message in self.messages if message["type"] == "RECORD"]

    @property
    def read_failures(self) -> list[tuple[str, str]]:
        """Return what was not read, as each workspace's last record has it, with the reason."""
        return [
            (failure["what"], failure["why"])
            for row in self.rows("sync_runs")
            for failure in row["refused"]
        ]

    @property
    def state(self) -> Row:
        states: list[Row] = [
            message["value"] for message in self.messages if message["type"] == "STATE"
        ]
        return states[-1] if states else {}

    @property
    def task_cursors(self) -> dict[str, str | None]:
        """The cursor of the live tasks of each workspace."""
        return {
            partition["context"]["workspace_id"]: partition.get("cursors", {}).get("live")
            for partition in self.state.get("bookmarks", {}).get("tasks", {}).get("partitions", [])
        }

    def first_messages(self, count: int) -> TapRun:
        """Return the run as if it had been interrupted after some of its messages."""
        return TapRun("".join(self.stdout.splitlines(keepends=True)[:count]))

    def before_first_record(self, stream: str) -> TapRun:
        """Return the run as if it had been interrupted before the first record of a stream."""
        is_record = [
            message["type"] == "RECORD" and message["stream"] == stream for message in self.messages
        ]
        return self.first_messages(is_record.index(True))


class TapRunner:
    """Runs the tap against a fake ClickUp in this process, on a simulated clock."""

    def __init__(
        self,
        clickup: FakeClickUp,
        clock: SimulatedClock,
        capsys: pytest.CaptureFixture[str],
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        self.clickup = clickup
        self.clock = clock
        self._capsys = capsys
        self._caplog = caplog

    def __call__(
        self, *, state: Row | None = None, catalog: Row | None = None, **config: Any
    ) -> TapRun:
        self._capsys.readouterr()
        self._caplog.clear()
        self.clickup.requests.clear()
        error = None
        with self._caplog.at_level(logging.INFO):
            try:
                self._sync({**config_for(self.clickup), **config}, state=state, catalog=catalog)
            except ClickUpError as sync_error:
                error = str(sync_error)
        return TapRun(self._capsys.readouterr().out, self._caplog.text, error)

    def _sync(self, config: Row, *, state: Row | None, catalog: Row | None) -> None:
        tap = TapClickUp(config=config, state=state, catalog=catalog)
        tap.sync_context.client = Client(
            config["api_url"],
            api_token=config["api_token"],
            limit=RateLimit(config.get("requests_per_minute")),
            clock=self.clock,
        )
        try:
            tap.sync_all()
        finally:
            # A run that has ended does not wait for its threads.
            join_threads(THREAD_NAME)
            tap.sync_context.client.close()

    def requests_to(self, path_suffix: str) -> list[Request]:
        """Return the requests of the last run whose path ends like this."""
        return [request for request in self.clickup.requests if request.path.endswith(path_suffix)]

    @property
    def requested_paths(self) -> list[str]:
        """The path of each request of the last run."""
        return [request.path for request in self.clickup.requests]


def is_task_page(request: Request, workspace: Workspace, *, archived: bool) -> bool:
    """Return whether a request is for live or for archived tasks of a whole workspace."""
    path = f"/api/v2/team/{workspace.id}/task"
    return request.path == path and request.query["archived"] == [str(archived).lower()]


class LiveTaskFaults(list[Fault]):
    """Faults for live tasks of a workspace; its archived tasks wait until all are used up."""

    def __init__(
        self, behaviour: Behaviour, workspace: Workspace, faults: Iterable[Fault] = ()
    ) -> None:
        super().__init__(faults)
        self._workspace = workspace
        self._used_up = threading.Event()
        behaviour.faults = self
        behaviour.on_request = self._hold_archived_tasks

    def remove(self, fault: Fault) -> None:
        super().remove(fault)
        if not self:
            self._used_up.set()

    def _hold_archived_tasks(self, request: Request, _: Account) -> None:
        if is_task_page(request, self._workspace, archived=True):
            assert self._used_up.wait(TIMEOUT_SECONDS)


def catalog_selecting(*streams: str) -> Row:
    """Return a catalog that selects these streams and no other."""
    catalog: Row = TapClickUp(config={"api_token": "pk_1_AAAAAAAA"}).catalog_dict
    for entry in catalog["streams"]:
        for metadata in entry["metadata"]:
            metadata["metadata"]["selected"] = entry["tap_stream_id"] in streams
    return catalog


def config_for(clickup: FakeClickUp) -> Row:
    """Return the settings with which the tap reads a fake ClickUp."""
    return {"api_token": clickup.token, "api_url": clickup.api_url}


def run_command(*options: str, **environment: str) -> CompletedProcess[str]:
    """Run the installed command with only the given variables in its environment."""
    return commands.run_command("tap-clickup", *options, env=environment)


def environment(clickup: FakeClickUp) -> dict[str, str]:
    """Return the settings for a fake ClickUp as `--config=ENV` reads them.

    The command waits in real time, so the rate limit is raised until it has no effect.
    """
    clickup.behaviour.limit_per_minute = 10_000
    return {f"TAP_CLICKUP_{name.upper()}": value for name, value in config_for(clickup).items()}


def updated_ms(task: Task) -> int:
    """Return when a task was last updated, or created if it was never updated."""
    return task.created_ms if task.updated_ms is None else task.updated_ms


def task_versions(run: TapRun, workspace: Workspace) -> set[tuple[str, str]]:
    """Return ids and versions of the tasks that a run read from a workspace."""
    rows = [row for row in run.rows("tasks") if row["workspace_id"] == workspace.id]
    return {(row["id"], row["date_updated"]) for row in rows}


def expected_versions(tasks: list[Task], *, since_ms: int = 0) -> set[tuple[str, str]]:
    """Return ids and versions of the tasks that were updated since a time."""
    expected = [task for task in tasks if updated_ms(task) >= since_ms]
    return {(task.id, ms_to_iso(updated_ms(task))) for task in expected}


def state_with_cursor(
    workspace: Workspace, cursor: str, start: str = "2020-01-01T00:00:00+00:00"
) -> Row:
    """Return a state in which the tasks of a workspace were read until a time."""
    partition = {
        "context": {"workspace_id": workspace.id},
        "start_date": start,
        "cursors": {"live": cursor, "archived": cursor},
        "replication_key": "date_updated",
    }
    return {"bookmarks": {"tasks": {"partitions": [partition]}}}


def bookmark_of(state: Row, stream: str) -> Row:
    """Return the bookmark of a stream for the only workspace of a state."""
    (partition,) = state["bookmarks"][stream]["partitions"]
    bookmark: Row = partition
    return bookmark
