"""The event files of the demo's editors: people write before they commit, and read before that."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from examples.demo.works import Work

LONGEST_MINUTES = 110
READING = 0.2
"""The share of sessions on the main branch, whose time belongs to the next commit or to no task."""


def write_events(folder: Path, works: Iterable[Work], *, project: str) -> int:
    """Write one file per person, replacing earlier ones; return the number of events."""
    events: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for work in works:
        events[work.author.email].extend(_generate_events(work, project))
    for email, of_person in events.items():
        path = folder / email / "events.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        of_person.sort(key=lambda event: event["timestamp"])
        path.write_text(json.dumps(of_person), encoding="utf-8")
    return sum(map(len, events.values()))


def _generate_events(work: Work, project: str) -> Iterator[dict[str, Any]]:
    """Yield an event every few minutes before each commit."""
    source = Random(f"editor {work.task.id}")  # noqa: S311 - the same history in each run
    for committed_at in work.commit_times:
        branch = "main" if source.random() < READING else work.branch
        at = committed_at - timedelta(minutes=source.randrange(20, LONGEST_MINUTES))
        while at < committed_at:
            yield {
                "timestamp": round(at.timestamp(), 3),
                "project": project,
                "language": source.choice(("PYTHON", "TYPESCRIPT")),
                "gitPath": f"{project}/main",
                "gitBranch": branch,
                "ide": "PyCharm 2026.1",
            }
            at += timedelta(minutes=source.uniform(2, 9))
