"""What the tests of the tap share: runs in this process and in one of their own, and a clock."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fake_clickup import Fault
from tap_clickup.client import Client
from tap_clickup.errors import ClickUpError
from tap_clickup.prefetch import THREAD_NAME
from tap_clickup.rate_limit import RateLimit
from tap_clickup.tap import TapClickUp
from tests.support.waiting import join_threads

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest

    from fake_clickup import Account, Behaviour, FakeClickUp, Request
    from fake_clickup.model import Task, Workspace
    from tests.support.clocks import SimulatedClock

COMMAND = Path(sys.executable).with_name("tap-clickup")
ALL_TIME = "2025-01-01"
DEADLINE = 20
"""Seconds after which a test fails that would hang."""
Row = dict[str, Any]


@dataclass(frozen=True)
class Run:
    """What one run wrote, and the error that ended it."""

    stdout: str
    log: str
    error: str | None

    @property
    def messages(self) -> list[Row]:
        return [json.loads(line) for line in self.stdout.splitlines()]

    def records(self, stream: str) -> list[Row]:
        """Return the RECORD messages of a stream."""
        return [m for m in self.messages if m["type"] == "RECORD" and m["stream"] == stream]

    def rows(self, stream: str) -> list[Row]:
        return [message["record"] for message in self.records(stream)]

    def column(self, stream: str, name: str) -> list[Any]:
        return [row[name] for row in self.rows(stream)]

    @property
    def refused(self) -> list[tuple[str, str]]:
        """What the last record of each workspace says was refused, and why."""
        return [(r["what"], r["why"]) for row in self.rows("sync_runs") for r in row["refused"]]

    @property
    def state(self) -> Row:
        states: list[Row] = [m["value"] for m in self.messages if m["type"] == "STATE"]
        return states[-1] if states else {}

    @property
    def bookmarks(self) -> dict[str, str | None]:
        """The cursor of the live tasks of each workspace."""
        return {
            partition["context"]["workspace_id"]: partition.get("cursors", {}).get("live")
            for partition in self.state.get("bookmarks", {}).get("tasks", {}).get("partitions", [])
        }


class Reader:
    """Runs the tap over a local ClickUp in this process, on a simulated clock."""

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
    ) -> Run:
        self._capsys.readouterr()
        self._caplog.clear()
        self.clickup.requests.clear()
        error = None
        with self._caplog.at_level(logging.INFO):
            try:
                self.sync({**settings(self.clickup), **config}, state=state, catalog=catalog)
            except ClickUpError as stopped:
                error = str(stopped)
        return Run(self._capsys.readouterr().out, self._caplog.text, error)

    def sync(self, config: Row, *, state: Row | None, catalog: Row | None) -> None:
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
            join_threads(THREAD_NAME)
            tap.sync_context.client.close()

    def asked(self, ending: str) -> list[Request]:
        """Return the requests whose path ends so."""
        return [one for one in self.clickup.requests if one.path.endswith(ending)]


def is_page(request: Request, workspace: Workspace, *, archived: bool) -> bool:
    """Tell whether a request is for live or for archived tasks of a whole workspace."""
    path = f"/api/v2/team/{workspace.id}/task"
    return request.path == path and request.query["archived"] == [str(archived).lower()]


class LiveFaults(list[Fault]):
    """Faults that meet the live tasks of a workspace: its archived ones are not answered before."""

    def __init__(
        self, behaviour: Behaviour, workspace: Workspace, faults: Iterable[Fault] = ()
    ) -> None:
        super().__init__(faults)
        self._workspace = workspace
        self._used_up = threading.Event()
        behaviour.faults, behaviour.on_request = self, self._hold

    def remove(self, fault: Fault) -> None:
        super().remove(fault)
        if not self:
            self._used_up.set()

    def _hold(self, request: Request, _: Account) -> None:
        if is_page(request, self._workspace, archived=True):
            assert self._used_up.wait(DEADLINE)


def catalog_of(*streams: str) -> Row:
    """Return a catalog that selects these streams and no other."""
    catalog: Row = TapClickUp(config={"api_token": "pk_1_AAAAAAAA"}).catalog_dict
    for entry in catalog["streams"]:
        for metadata in entry["metadata"]:
            metadata["metadata"]["selected"] = entry["tap_stream_id"] in streams
    return catalog


def settings(clickup: FakeClickUp) -> Row:
    """Return the settings that lead to a local ClickUp."""
    return {"api_token": clickup.token, "api_url": clickup.api_url}


def command(*options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the installed command with nothing in its environment but what is given."""
    return subprocess.run(
        [COMMAND, *options], text=True, capture_output=True, check=False, env=environment
    )


def environment(clickup: FakeClickUp) -> dict[str, str]:
    """Return the settings of a local ClickUp as --config=ENV reads them.

    A process of its own waits in real time, so the limit is raised out of its way.
    """
    clickup.behaviour.limit_per_minute = 10_000
    return {f"TAP_CLICKUP_{name.upper()}": value for name, value in settings(clickup).items()}


def moment(milliseconds: int) -> str:
    """Return milliseconds since 1970 as records show them."""
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(milliseconds // 1000))
    return f"{stamp}.{milliseconds % 1000:03d}+00:00"


def updated_ms(task: Task) -> int:
    return task.created_ms if task.updated_ms is None else task.updated_ms


def versions(run: Run, workspace: Workspace) -> set[tuple[str, str]]:
    """Return ids and versions of the tasks that a run read from a workspace."""
    rows = [row for row in run.rows("tasks") if row["workspace_id"] == workspace.id]
    return {(row["id"], row["date_updated"]) for row in rows}


def expected(tasks: list[Task], *, since_ms: int = 0) -> set[tuple[str, str]]:
    wanted = [task for task in tasks if updated_ms(task) >= since_ms]
    return {(task.id, moment(updated_ms(task))) for task in wanted}


def state_at(workspace: Workspace, bookmark: str, start: str = "2020-01-01T00:00:00+00:00") -> Row:
    context = {"context": {"workspace_id": workspace.id}, "start_date": start}
    cursors = {"live": bookmark, "archived": bookmark}
    partition = {**context, "cursors": cursors, "replication_key": "date_updated"}
    return {"bookmarks": {"tasks": {"partitions": [partition]}}}


def now_ms() -> int:
    return round(datetime.now(UTC).timestamp() * 1000)
