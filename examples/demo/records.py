"""What the demo loads without a tap: employees as a CSV file, pull requests as Singer messages."""

from __future__ import annotations

import csv
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from examples.demo.repository import REPOSITORY_ID

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from examples.demo.repository import Repository
    from examples.demo.works import Work
    from fake_clickup import Account

TEAMS = ("Web", "Core")
DEPARTMENT = "Engineering"
TEXT = {"type": ["string", "null"]}
TIME = {"type": ["string", "null"], "format": "date-time"}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "repository_id": {"type": "string"},
        "number": {"type": "integer"},
        **dict.fromkeys(("title", "state", "head_branch", "base_branch", "head_sha"), TEXT),
        **dict.fromkeys(("merge_commit_sha", "author_login", "url"), TEXT),
        **dict.fromkeys(("created_at", "merged_at", "closed_at", "updated_at"), TIME),
    },
}


def write_employees(path: Path, account: Account) -> None:
    """Write all users but the last, so that one is unmatched."""
    users = list(account.workspaces[0].users.values())[:-1]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("email", "name", "team", "department"))
        for number, user in enumerate(users):
            writer.writerow((user.email, user.username, TEAMS[number % len(TEAMS)], DEPARTMENT))


def describe_pull_requests(works: Iterable[Work], repository: Repository) -> str:
    """Return a pull request of each branch as Singer messages."""
    schema = {
        "type": "SCHEMA",
        "stream": "pull_requests",
        "schema": SCHEMA,
        "key_properties": ["repository_id", "number"],
    }
    records = [
        {"type": "RECORD", "stream": "pull_requests", "record": _describe(work, number, repository)}
        for number, work in enumerate(works, start=1)
        if work.branch in repository.heads
    ]
    return "".join(f"{json.dumps(message)}\n" for message in (schema, *records))


def _describe(work: Work, number: int, repository: Repository) -> dict[str, Any]:
    opened_at = (work.commit_times[-1] + timedelta(minutes=5)).isoformat()
    merge = repository.merges.get(work.branch)
    merged_at = work.merged_at.isoformat() if merge and work.merged_at else None
    return {
        "repository_id": REPOSITORY_ID,
        "number": number,
        "title": work.title,
        "state": "merged" if merge else "open",
        "head_branch": work.branch,
        "base_branch": "main",
        "head_sha": repository.heads[work.branch],
        "merge_commit_sha": merge,
        "author_login": (work.author.username or "").lower().replace(" ", ""),
        "url": f"https://{REPOSITORY_ID}/pull/{number}",
        "created_at": opened_at,
        "merged_at": merged_at,
        "closed_at": merged_at,
        "updated_at": merged_at or opened_at,
    }
