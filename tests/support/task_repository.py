"""A small git repository whose branches and commits name tasks of a fake ClickUp."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pygit2

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from fake_clickup import Account

COMMITS = 12


def make_repository(folder: Path, account: Account, *, now: datetime) -> None:
    """Create a repository whose branches and commits name the latest tasks that were worked on."""
    repository = pygit2.init_repository(str(folder), initial_head="main")
    workspace = account.workspaces[0]
    tasks = sorted(workspace.tasks.values(), key=lambda task: task.updated_ms or 0)
    active = [
        task
        for task in tasks
        if not task.archived and workspace.status_of(task).type in {"custom", "done"}
    ]
    empty_tree = repository.TreeBuilder().write()
    head: list[pygit2.Oid] = []
    for number, task in enumerate(active[-COMMITS:]):
        at = int((now - timedelta(hours=COMMITS - number)).timestamp())
        user = workspace.users[(*task.assignee_ids, task.creator_id)[0]]
        author = pygit2.Signature(user.username or user.email, user.email, at)
        title = " ".join(task.name.split())[:50]
        id_last = number % 4 == 3
        message = f"{title} ({task.id})\n" if id_last else f"CU-{task.id} {title}\n"
        slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
        branch = f"refs/heads/CU-{task.id}_{slug}" if number % 3 == 0 else "refs/heads/main"
        head = [repository.create_commit(None, author, author, message, empty_tree, head)]
        repository.references.create(branch, head[0], force=True)
        repository.references.create("refs/heads/main", head[0], force=True)
