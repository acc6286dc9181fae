"""Messages about commits, branches and tasks that name each other."""

from __future__ import annotations

from typing import Any

from tests.target_pandev.loading import record, schema

BRANCHES = schema(
    "branches",
    {"repository_id": "string", "name": "string", "head_sha": "string"},
    ["repository_id", "name"],
)
COMMITS = schema(
    "commits",
    {
        "repository_id": "string",
        "sha": "string",
        "author_name": "string",
        "author_email": "string",
        "committed_at": {"type": "string", "format": "date-time"},
        "message": "string",
    },
    ["repository_id", "sha"],
)
TASKS = schema(
    "tasks",
    {
        "workspace_id": "string",
        "id": "string",
        "custom_id": "string",
        "name": "string",
        "status": "string",
        "status_id": "string",
        "status_type": "string",
        "list_id": "string",
        "folder_id": "string",
        "space_id": "string",
        "url": "string",
        "date_updated": {"type": ["string", "null"], "format": "date-time"},
    },
    ["workspace_id", "id"],
    bookmark="date_updated",
)


def branch(name: str, head: str = "sha1") -> dict[str, Any]:
    """Return a branch of the repository r."""
    return record("branches", {"repository_id": "r", "name": name, "head_sha": head})


def commit(sha: str, message: str, **values: Any) -> dict[str, Any]:
    """Return a commit of the repository r."""
    defaults = {"repository_id": "r", "sha": sha, "committed_at": "2026-01-01T00:00:00Z"}
    return record("commits", {**defaults, "message": message, **values})


def task(task_id: str, **values: Any) -> dict[str, Any]:
    """Return a task of the workspace w."""
    return record("tasks", {"workspace_id": "w", "id": task_id, **values})


FOUND = "SELECT kind, reference FROM task_references ORDER BY ordinal, kind DESC, reference"
"""The references in the order of the text."""
