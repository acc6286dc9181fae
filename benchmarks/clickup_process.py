"""The measured workspace, served by a fake ClickUp in a separate process.

That process also reads the output of a tap and compares it with the workspace. So the benchmark's
process stays small, on which the peak memory of its children depends (see `processes`).
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from benchmarks.child import ChildProcess, answer_calls
from benchmarks.fewest_requests import fewest_requests
from fake_clickup import Behaviour, FakeClickUp, Fault, generate
from fake_clickup.routes import ROUTES
from fake_clickup.server import ROOT
from tap_clickup.date_slices import date_slices

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from pathlib import Path

    from fake_clickup import Account, Request

SPACES = 10
SIZES = {
    "spaces": SPACES,
    "folders": 4,
    "lists": 5,
    "folderless_lists": 2,
    "archived_lists": 0,
    "archived_folders": 0,
    "archived_spaces": 0,
    "sprints": 0,
    "users": 19,  # and a former member
    "time_entries": 5_000,
}
DAY_MS = 86_400_000
NO_LIMIT = 1_000_000
"""Requests per minute; higher than any tap reaches, so that none has to wait."""
FIELDS = [
    {"id": f"field-{number}", "name": f"Field {number}", "type": "short_text", "type_config": {}}
    for number in range(3)
]
PEER_RESPONSES: dict[str, Any] = {
    r"/team/[^/]+/goal": {"goals": []},
    r"/team/[^/]+/task_template": {"templates": []},
    r"/team/[^/]+/shared": {"shared": {"tasks": [], "lists": [], "folders": []}},
    r"/space/[^/]+/tag": {"tags": [{"name": "urgent", "tag_fg": "#fff", "tag_bg": "#6a3fb5"}]},
    r"/list/[^/]+/field": {"fields": FIELDS},
}
"""Responses to requests of the peer that the fake ClickUp does not support, by path."""
TASK_STREAMS = {"task", "tasks"}
TIME_ENTRY_STREAMS = {"time_entries"}


@dataclass(frozen=True)
class Contents:
    """The numbers of objects in the generated workspace."""

    spaces: int
    folders: int
    lists: int
    folderless_lists: int
    archived_lists: int
    tasks: int
    tasks_in_archived_lists: int
    time_entries: int
    people_with_entries: int
    days_of_entries: int

    def __str__(self) -> str:
        """Return the numbers in one line."""
        counts = [f"{count:,} {name.replace('_', ' ')}" for name, count in asdict(self).items()]
        return f"{', '.join(counts)} (the generator spreads time entries over 300 days)"


@dataclass(frozen=True)
class Output:
    """The output of a tap: records by stream, how many existing objects they cover, last state."""

    records: dict[str, int]
    tasks: int
    time_entries: int
    state: Any


def generated_account(tasks: int, *, has_webhook: bool = False, **sizes: int) -> Account:
    """Return the benchmark's account; one list of each space is archived, with live tasks in it.

    `sizes` replace some of `SIZES`. The webhook covers all spaces and is healthy.
    """
    account = generate(now=None, tasks=tasks, **{**SIZES, **sizes})
    if has_webhook:
        account.add_webhook(endpoint="https://receiver.example.com/webhook", events=["*"])
    workspace = account.workspaces[0]
    for number, space_id in enumerate(workspace.spaces):
        lists = [item for item in workspace.lists.values() if item.space_id == space_id]
        account.archive(lists[-1 if number % 2 else 0].id)  # alternately without and in a folder
    return account


def a_year_ago() -> str:
    """Return a start date that precedes every edit of the workspace."""
    return (datetime.now(UTC) - timedelta(days=366)).isoformat(timespec="milliseconds")


def count_contents(account: Account) -> Contents:
    """Count the objects of an account."""
    workspace = account.workspaces[0]
    lists = workspace.lists.values()
    entries = workspace.time_entries.values()
    starts = [entry.start_ms for entry in entries]
    return Contents(
        spaces=len(workspace.spaces),
        folders=sum(not folder.hidden for folder in workspace.folders.values()),
        lists=len(lists),
        folderless_lists=sum(workspace.folder_of(item).hidden for item in lists),
        archived_lists=sum(item.archived for item in lists),
        tasks=len(workspace.tasks),
        tasks_in_archived_lists=sum(
            workspace.is_archived_list(task.list_id) for task in workspace.tasks.values()
        ),
        time_entries=len(entries),
        people_with_entries=len({entry.user_id for entry in entries}),
        days_of_entries=round((max(starts) - min(starts)) / DAY_MS),
    )


def count_fewest_requests(contents: Contents) -> int:
    """Return the fewest requests of a first load from `a_year_ago`."""
    slices = date_slices(datetime.fromisoformat(a_year_ago()), datetime.now(UTC))
    return fewest_requests(contents, time_slices=len(list(slices)))


def read_output(path: Path, account: Account) -> Output:
    """Read the Singer messages of a file; count the tasks and time entries that exist."""
    records: Counter[str] = Counter()
    tasks: set[str] = set()
    entries: set[str] = set()
    state = None
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            message = json.loads(line)
            if message["type"] == "STATE":
                state = message["value"]
            elif message["type"] == "RECORD":
                records[message["stream"]] += 1
                if message["stream"] in TASK_STREAMS:
                    tasks.add(str(message["record"]["id"]))
                elif message["stream"] in TIME_ENTRY_STREAMS:
                    entries.add(str(message["record"]["id"]))
    workspace = account.workspaces[0]
    return Output(
        dict(records),
        tasks=len(tasks & workspace.tasks.keys()),
        time_entries=len(entries & workspace.time_entries.keys()),
        state=state,
    )


class ClickUpProcess(ChildProcess):
    """A process with a fake ClickUp and its workspace, running within a `with` block."""

    def __init__(self, tasks: int, *, has_webhook: bool = False, **sizes: int) -> None:
        super().__init__(
            _serve, partial(generated_account, tasks, has_webhook=has_webhook, **sizes)
        )

    def __enter__(self) -> Self:
        """Start the process and wait until it is ready."""
        super().__enter__()
        self.api_url, self.token, self.contents = self.greeting
        return self

    def reset_requests(self, *, peer: bool) -> None:
        """Reset the count of requests; for the peer, also respond to its additional requests."""
        self.call("reset", peer)

    def requests(self) -> Counter[int]:
        """Return the statuses of the requests since the last reset, counted."""
        statuses: Counter[int] = self.call("requests")
        return statuses

    def read_output(self, path: Path) -> Output:
        """Read the output of a tap."""
        output: Output = self.call("output", path)
        return output


def _serve(connection: Connection, new_account: Callable[[], Account]) -> None:
    """Serve until the other end of the connection is closed."""
    account = new_account()
    behaviour = Behaviour(limit_per_minute=NO_LIMIT)
    with FakeClickUp(account, behaviour=behaviour) as clickup:

        def reset(peer: bool) -> None:  # noqa: FBT001 - arrives over the connection
            clickup.requests.clear()
            behaviour.on_request = partial(respond_to_peer, behaviour) if peer else None

        functions: dict[str, Callable[..., Any]] = {
            "reset": reset,
            "requests": lambda: Counter(request.status for request in clickup.requests),
            "output": lambda path: read_output(path, account),
        }
        greeting = (clickup.api_url, clickup.token, count_contents(account))
        answer_calls(connection, greeting, functions.__getitem__)


def respond_to_peer(behaviour: Behaviour, request: Request, _: Account) -> None:
    """Respond to a request that only the peer sends, and that the fake ClickUp does not know."""
    body = _peer_response(request.path.removeprefix(ROOT))
    if body is not None:
        behaviour.faults.append(Fault(200, body, path=f"^{re.escape(request.path)}$"))


def _peer_response(path: str) -> Any:
    """Return the response to a path that only the peer requests, None for other paths."""
    if any(re.fullmatch(pattern, path) for pattern, _ in ROUTES):
        return None
    return next(
        (body for pattern, body in PEER_RESPONSES.items() if re.fullmatch(pattern, path)), None
    )
