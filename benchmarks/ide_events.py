"""Generate the activity of many people in their editors, with the commits that they make.

The days of a person arrive in order, but a tenth of them weeks late, as a laptop that was offline
sends them. About two thirds of the time are on branches that name a task, the rest on `main`.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FIRST_DAY = datetime(2026, 1, 5, 8, tzinfo=UTC)
EVENTS_PER_DAY = 200
EVENTS_PER_CONTEXT = 25
REPOSITORIES = [f"group/repository{number}" for number in range(20)]
LATE_SHARE = 0.1


@dataclass(frozen=True)
class PersonDay:
    """A person's events of a day in PanDev's format, and commits: (repository, time, message)."""

    email: str
    events: list[dict[str, Any]]
    commits: list[tuple[str, datetime, str]]


def generate_days(
    *, events: int = 1_000_000, people: int = 200, task_ids: Sequence[str], seed: int = 1
) -> Iterator[PersonDay]:
    """Yield the days of all people in the order in which they arrive, with that many events."""
    source = random.Random(seed)  # noqa: S311 - made-up data
    late: list[tuple[int, int]] = []
    for day in range(-(-events // (people * EVENTS_PER_DAY))):
        for person in range(people):
            if source.random() < LATE_SHARE:
                late.append((person, day))
            else:
                yield _generate_day(source, person, day, task_ids)
    for person, day in late:
        yield _generate_day(source, person, day, task_ids)


def _generate_day(
    source: random.Random, person: int, day: int, task_ids: Sequence[str]
) -> PersonDay:
    email = f"user{person}@example.com"
    time = FIRST_DAY + timedelta(days=day, minutes=source.randrange(120))
    generated = PersonDay(email, [], [])
    for _ in range(EVENTS_PER_DAY // EVENTS_PER_CONTEXT):
        repository = source.choice(REPOSITORIES)
        task_id = source.choice(task_ids)
        branch = f"feature/CU-{task_id}" if source.random() < 2 / 3 else "main"
        for _ in range(EVENTS_PER_CONTEXT):
            time += timedelta(seconds=source.expovariate(1 / 40))
            generated.events.append(_event(source, time, repository, branch))
        generated.commits.append((repository, time, f"CU-{task_id} work"))
        time += timedelta(minutes=source.choice([0, 0, 0, 30]))
    return generated


def _event(source: random.Random, time: datetime, repository: str, branch: str) -> dict[str, Any]:
    return {
        "timestamp": round(time.timestamp(), 3),
        "activityType": source.choice(["edit", "scroll", "navigation"]),
        "project": repository.rpartition("/")[2],
        "module": "core",
        "language": "PYTHON",
        "gitPath": repository,
        "gitBranch": branch,
        "fileName": "service.py",
        "ide": "PyCharm 2026.1",
        "lineCount": 400,
        "lineNumber": source.randrange(400),
        "cursorPosition": source.randrange(80),
    }
