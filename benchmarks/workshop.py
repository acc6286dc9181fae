"""The workspace that is measured, served by the local ClickUp in a process of its own.

That process also reads what a tap wrote and compares it with what exists. So the benchmark's own
process stays small, which the peak memory of its children depends on (see `processes`).
"""

from __future__ import annotations

import json
import multiprocessing
import re
import signal
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from fake_clickup import Behaviour, FakeClickUp, Fault, generate
from fake_clickup.routes import ROUTES
from fake_clickup.server import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from pathlib import Path
    from types import TracebackType

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
    "people": 19,  # and one who has left
    "time_entries": 5_000,
}
DAY_MS = 86_400_000
NO_LIMIT = 1_000_000
"""Requests a minute that nobody reaches, so that nobody waits."""
FIELDS = [
    {"id": f"field-{number}", "name": f"Field {number}", "type": "short_text", "type_config": {}}
    for number in range(3)
]
PEERS_PATHS: dict[str, Any] = {
    r"/team/[^/]+/goal": {"goals": []},
    r"/team/[^/]+/task_template": {"templates": []},
    r"/team/[^/]+/shared": {"shared": {"tasks": [], "lists": [], "folders": []}},
    r"/space/[^/]+/tag": {"tags": [{"name": "urgent", "tag_fg": "#fff", "tag_bg": "#6a3fb5"}]},
    r"/list/[^/]+/field": {"fields": FIELDS},
}
"""What only the peer asks; answered here as long as the local ClickUp does not know it."""
TASKS = {"task", "tasks"}
TIME_ENTRIES = {"time_entries"}


@dataclass(frozen=True)
class Contents:
    """How much there is, counted in the workspace that was made."""

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
        """One line, with what the generator does not give."""
        counts = ", ".join(f"{n:,} {name.replace('_', ' ')}" for name, n in asdict(self).items())
        return f"{counts} (issue 3: a year; the generator spreads time entries over 300 days)"


@dataclass(frozen=True)
class Output:
    """What a tap wrote: records by stream, how many existing things are in them, last state."""

    records: dict[str, int]
    tasks: int
    time_entries: int
    state: Any


def made_up(tasks: int) -> Account:
    """Return the benchmark's account; in each space one list is archived, with live tasks in it."""
    account = generate(now=None, tasks=tasks, **SIZES)
    workspace = account.workspaces[0]
    for number, space_id in enumerate(workspace.spaces):
        lists = [one for one in workspace.lists.values() if one.space_id == space_id]
        account.archive(lists[-1 if number % 2 else 0].id)  # a folderless one, one in a folder
    return account


def a_year_ago() -> str:
    """Return a start date before which nothing in the workspace was edited."""
    return (datetime.now(UTC) - timedelta(days=366)).isoformat(timespec="milliseconds")


def contents(account: Account) -> Contents:
    """Count what an account holds."""
    workspace = account.workspaces[0]
    lists, entries = workspace.lists.values(), workspace.time_entries.values()
    starts = [entry.start_ms for entry in entries]
    return Contents(
        spaces=len(workspace.spaces),
        folders=sum(not folder.hidden for folder in workspace.folders.values()),
        lists=len(lists),
        folderless_lists=sum(workspace.folder_of(one).hidden for one in lists),
        archived_lists=sum(one.archived for one in lists),
        tasks=len(workspace.tasks),
        tasks_in_archived_lists=sum(
            workspace.lies_in_archive(task.list_id) for task in workspace.tasks.values()
        ),
        time_entries=len(entries),
        people_with_entries=len({entry.user_id for entry in entries}),
        days_of_entries=round((max(starts) - min(starts)) / DAY_MS),
    )


def output(path: Path, account: Account) -> Output:
    """Read the Singer messages of a file, and count the tasks and time entries that exist."""
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
                if message["stream"] in TASKS:
                    tasks.add(str(message["record"]["id"]))
                elif message["stream"] in TIME_ENTRIES:
                    entries.add(str(message["record"]["id"]))
    workspace = account.workspaces[0]
    return Output(
        dict(records),
        tasks=len(tasks & workspace.tasks.keys()),
        time_entries=len(entries & workspace.time_entries.keys()),
        state=state,
    )


class Workshop:
    """A process with the workspace and its local ClickUp, alive while the `with` block lasts."""

    def __init__(self, tasks: int) -> None:
        self.tasks = tasks

    def __enter__(self) -> Self:
        """Start the process and wait until it listens."""
        spawn = multiprocessing.get_context("spawn")
        self._connection, far_end = spawn.Pipe()
        self._process = spawn.Process(target=_serve, args=(far_end, self.tasks), daemon=True)
        self._process.start()
        far_end.close()
        try:
            self.api_url, self.token, self.contents = self._received()
        except BaseException:
            self._process.kill()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the process."""
        self._connection.close()  # it leaves when nobody is there to ask
        self._process.join(5)
        self._process.kill()
        self._process.join()

    def forget_requests(self, *, peer: bool) -> None:
        """Begin to count anew; for the peer also answer what the local ClickUp does not know."""
        self._ask("forget", peer)

    def requests(self) -> Counter[int]:
        """Return the statuses of the requests answered since counting began."""
        counted: Counter[int] = self._ask("requests")
        return counted

    def output(self, path: Path) -> Output:
        """Read what a tap wrote."""
        read: Output = self._ask("output", path)
        return read

    def _ask(self, what: str, *arguments: Any) -> Any:
        self._connection.send((what, arguments))
        return self._received()

    def _received(self) -> Any:
        try:
            return self._connection.recv()
        except EOFError:
            raise RuntimeError("the local ClickUp of the benchmark has ended; see above") from None


def _serve(connection: Connection, tasks: int) -> None:
    """Serve until the other end of the connection is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started this process ends it
    account = made_up(tasks)
    behaviour = Behaviour(limit_per_minute=NO_LIMIT)
    with FakeClickUp(account, behaviour=behaviour) as clickup:

        def answer_unknown(request: Request, _: Account) -> None:
            body = _peers_body(request.path.removeprefix(ROOT))
            if body is not None:
                behaviour.faults.append(Fault(200, body, path=f"^{re.escape(request.path)}$"))

        def forget(peer: bool) -> None:  # noqa: FBT001 - arrives over the connection
            clickup.requests.clear()
            behaviour.on_request = answer_unknown if peer else None

        answers: dict[str, Callable[..., Any]] = {
            "forget": forget,
            "requests": lambda: Counter(request.status for request in clickup.requests),
            "output": lambda path: output(path, account),
        }
        connection.send((clickup.api_url, clickup.token, contents(account)))
        try:
            while True:
                what, arguments = connection.recv()
                connection.send(answers[what](*arguments))
        except EOFError:
            return


def _peers_body(path: str) -> Any:
    """Return the answer to a path that only the peer asks, None if it is another."""
    if any(re.fullmatch(pattern, path) for pattern, _ in ROUTES):
        return None
    return next(
        (body for pattern, body in PEERS_PATHS.items() if re.fullmatch(pattern, path)), None
    )
