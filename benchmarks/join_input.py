"""Write what the taps read for a filled store, a file for each of them.

`python -m benchmarks.join_input FOLDER SCALE` writes `FILES`; the last line of standard output is
one JSON object with the number of rows at most. Seed and clock are fixed: the same call
writes the same bytes.
"""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from benchmarks.ide_events import generate_days
from benchmarks.join_clickup import READ_AT, ClickUpGenerator
from benchmarks.join_git import GitGenerator
from benchmarks.join_ide_input import write_events
from benchmarks.join_messages import name_task
from benchmarks.join_store import FILES
from benchmarks.join_tasks import PEOPLE, iso
from benchmarks.singer_file import SingerFile
from pandev.employees import PROPERTIES

if TYPE_CHECKING:
    from benchmarks.join_tasks import Record

TASKS = 100_000
EVENTS = 500_000
FEWEST_PEOPLE = 10
EMPLOYEES = PEOPLE - 10
"""The others are users and authors without an employee."""


@dataclass(frozen=True)
class Sizes:
    """How much is written: 1 is the scale of the goals."""

    tasks: int
    commits: int
    events: int
    people: int

    @classmethod
    def scaled(cls, scale: float) -> Self:
        """Return the sizes for a scale."""
        return cls(
            tasks=max(200, round(TASKS * scale)),
            commits=max(200, round(TASKS * scale)),
            events=round(EVENTS * scale),
            people=max(FEWEST_PEOPLE, round(PEOPLE * min(scale, 1))),
        )


def write_inputs(folder: Path, scale: float) -> Sizes:
    """Write all files and return their sizes."""
    sizes = Sizes.scaled(scale)
    task_ids = [name_task(number).id for number in range(sizes.tasks)]
    days = [*generate_days(events=sizes.events, people=sizes.people, task_ids=task_ids)]
    with ExitStack() as stack:
        files = {name: stack.enter_context(SingerFile(folder / f"{name}.singer")) for name in FILES}
        _write_employees(files["employees"])
        ClickUpGenerator(sizes.tasks).write(files["clickup"])
        git = GitGenerator(tasks=sizes.tasks, commits=sizes.commits, days=days)
        git.write(files["git"], files["pull_requests"])
        write_events(files["ide"], days)
    return sizes


def _write_employees(messages: SingerFile) -> None:
    schema = {"type": "object", "properties": PROPERTIES}
    messages.write_schema("employees", schema, ["email"])
    for number in range(EMPLOYEES):
        messages.write_record("employees", _employee(number), read_at=iso(READ_AT))


def _employee(number: int) -> Record:
    """Return an employee; the first two have an address in common."""
    return {
        "email": f"user{number}@example.com",
        "name": f"User {number}",
        "position": "Engineer",
        "team": f"Team {number % 20}",
        "department": f"Department {number % 4}",
        "github_login": f"user{number}",
        "other_emails": ["team@example.com"] if number < 2 else [],  # noqa: PLR2004 - two of them
        "is_archived": number % 20 == 0,
    }


if __name__ == "__main__":
    print(json.dumps(asdict(write_inputs(Path(sys.argv[1]), float(sys.argv[2])))))
