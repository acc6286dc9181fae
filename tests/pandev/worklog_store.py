"""A store with active time of two days, and runs of `pandev worklogs` on it."""

from __future__ import annotations

import subprocess
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.pandev.command import PANDEV, run_pandev
from tests.tap_clickup import accounts
from tests.target_pandev.ide import IDE_EVENTS, events, records
from tests.target_pandev.loading import Loader, record, schema

if TYPE_CHECKING:
    from pathlib import Path

    from fake_clickup import Account, FakeClickUp

MIA = f"user{accounts.MEMBER}@example.com"
OLGA = f"user{accounts.OWNER}@example.com"
STRANGER = "stranger@example.com"
TASK, OTHER_TASK = accounts.TASK_ID, "86parent1"
PERIOD = ("--last-day", "2026-03-03", "--days", "2")
MINUTE = 60_000
KEY = ["workspace_id", "id"]
USERS = schema("users", {**dict.fromkeys((*KEY, "email"), "string"), "is_member": "boolean"}, KEY)
TASKS = schema("tasks", dict.fromkeys((*KEY, "name", "space_id"), "string"), KEY)
LATER = "UPDATE worklog_entries SET sent_at = sent_at - interval '11 minutes'"
"""So much later a request without an answer is no longer under way."""


def fill(database: str, *, shift: timedelta = timedelta()) -> None:
    """Load users, tasks and active time: two entries of Mia and one of Olga can be planned.

    The days are moved by `shift`. Mia: 20 minutes on March 2 and 30 on March 3; 3 on another task,
    which is too short. Olga: 10 minutes on March 2. A stranger: 15 minutes.
    """
    key = {"workspace_id": accounts.WORKSPACE}
    users = [
        {**key, "id": str(user_id), "email": f"user{user_id}@example.com", "is_member": True}
        for user_id in (accounts.OWNER, accounts.MEMBER, accounts.INVITED)
    ]
    tasks = [
        {**key, "id": task_id, "name": f"Task {task_id}", "space_id": accounts.SPACE}
        for task_id in (TASK, OTHER_TASK)
    ]
    active = [
        *events(MIA, "02 09:00:00", "02 09:10:00", "02 09:20:00", branch=f"CU-{TASK}"),
        *events(MIA, "02 12:00:00", "02 12:03:00", branch=f"CU-{OTHER_TASK}"),
        *events(MIA, "03 09:00:00", "03 09:15:00", "03 09:30:00", branch=f"CU-{TASK}"),
        *events(OLGA, "02 10:00:00", "02 10:10:00", branch=f"CU-{TASK}"),
        *events(STRANGER, "02 10:00:00", "02 10:15:00", branch=f"CU-{TASK}"),
    ]
    loader = Loader(database)
    with loader.connection:
        loader.load(
            *(USERS, *(record("users", user) for user in users)),
            *(TASKS, *(record("tasks", task) for task in tasks)),
            IDE_EVENTS,
            *records(replace(event, at=event.at + shift) for event in active),
        )


class Runs:
    """Runs of `pandev worklogs` outside of any Meltano project."""

    def __init__(self, folder: Path, clickup: FakeClickUp, database: str) -> None:
        self.folder = folder
        self.clickup = clickup
        self.database = database
        self.environment = {
            "TAP_CLICKUP_API_TOKEN": clickup.token,
            "TAP_CLICKUP_API_URL": clickup.api_url,
            "TAP_CLICKUP_REQUESTS_PER_MINUTE": "9999",
            "TARGET_PANDEV_STORE_URL": database,
            "COLUMNS": "80",
        }

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a run for March 2 and 3 as a process."""
        return subprocess.Popen(
            [PANDEV, "worklogs", *arguments, *PERIOD],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run to the end, in this process."""
        return run_pandev(self.folder, "worklogs", *arguments, *PERIOD, **self.environment)

    def push(self, *options: str) -> subprocess.CompletedProcess[str]:
        """Write what is planned."""
        return self.run("push", "--write", *options)

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """Return the rows of a statement on the store."""
        loader = Loader(self.database)
        with loader.connection:
            return loader.rows(statement)

    def execute(self, statement: str) -> None:
        """Run a statement on the store."""
        loader = Loader(self.database)
        with loader.connection:
            loader.connection.execute(statement.encode())


def written(account: Account) -> Counter[tuple[int, str | None, int, int]]:
    """Return how many entries have our marker, by user, task, day of March and minutes."""
    return Counter(
        (
            entry.user_id,
            entry.task_id,
            _day(entry.start_ms),
            ((entry.end_ms or 0) - entry.start_ms) // MINUTE,
        )
        for entry in account.workspaces[0].time_entries.values()
        if entry.description.startswith("pandev:")
    )


def _day(start_ms: int) -> int:
    return datetime.fromtimestamp(start_ms / 1000, UTC).day


def requested(clickup: FakeClickUp) -> list[str]:
    """Return the methods of the requests that write."""
    return [request.method for request in clickup.requests if request.method != "GET"]


EXPECTED: Counter[tuple[int, str | None, int, int]] = Counter(
    {
        (accounts.MEMBER, TASK, 2, 20): 1,
        (accounts.MEMBER, TASK, 3, 30): 1,
        (accounts.OWNER, TASK, 2, 10): 1,
    }
)
"""What is written once, and only once."""
OTHER_RULES = ("--minimum-minutes", "15", "--round-minutes", "15")
"""By these rules Mia's 20 minutes are 15, and Olga's 10 are no entry."""
CHANGED: Counter[tuple[int, str | None, int, int]] = Counter(
    {(accounts.MEMBER, TASK, 2, 15): 1, (accounts.MEMBER, TASK, 3, 30): 1}
)
"""What is written by these rules."""
