"""Histories of a repository r: commits with parents, branches, and the links that they make."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.target_pandev.loading import TIMESTAMP, record, schema

if TYPE_CHECKING:
    from tests.target_pandev.loading import Loader

COMMITS = schema(
    "commits",
    {
        **dict.fromkeys(
            ("repository_id", "sha", "message", "author_name", "author_email"), "string"
        ),
        "authored_at": TIMESTAMP,
        "committed_at": TIMESTAMP,
        "parents": {"type": "array", "items": {"type": "string"}},
    },
    ["repository_id", "sha"],
)
BRANCHES = schema(
    "branches",
    {
        **dict.fromkeys(("repository_id", "name", "head_sha"), "string"),
        "is_default": "boolean",
    },
    ["repository_id", "name"],
)
TASKS = schema(
    "tasks",
    dict.fromkeys(("workspace_id", "id", "custom_id", "name"), "string"),
    ["workspace_id", "id"],
)
INHERITED = """
SELECT sha, reference, via, carrier_key FROM inherited_references
WHERE is_nearest ORDER BY sha COLLATE "C", reference, via
"""
LINKS = """
SELECT object_key, task_id, via FROM task_links ORDER BY object_key COLLATE "C", task_id, via
"""


def commit(
    sha: str, parents: str = "", message: str = "", *, day: int = 1, **values: Any
) -> dict[str, Any]:
    """Return a commit of a day in March 2026; each letter of `parents` is one of them."""
    time = f"2026-03-{day:02}T08:00:00Z"
    defaults = {
        "repository_id": "r",
        "sha": sha,
        "message": message or sha,
        "author_name": "User 1",
        "author_email": "user1@example.com",
        "authored_at": time,
        "committed_at": time,
        "parents": list(parents),
    }
    return record("commits", {**defaults, **values})


def branch(
    name: str, head: str, *, read: str = "2026-03-01T10:00:00Z", repository: str = "r"
) -> dict[str, Any]:
    """Return a branch; main is the default branch."""
    values = {
        "repository_id": repository,
        "name": name,
        "head_sha": head,
        "is_default": name == "main",
    }
    return record("branches", values, at=read)


def task(task_id: str, custom_id: str | None = None, *, workspace: str = "900") -> dict[str, Any]:
    """Return a task."""
    values = {
        "workspace_id": workspace,
        "id": task_id,
        "custom_id": custom_id,
        "name": f"Task {task_id}",
    }
    return record("tasks", values)


def inherited(store: Loader) -> list[tuple[Any, ...]]:
    """Return the links that the history makes: commit, id, via, and what names the id."""
    return store.rows(INHERITED)
