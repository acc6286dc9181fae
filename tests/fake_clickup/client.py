"""Helpers of the tests of the fake ClickUp: a client, and the expected tasks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import requests

    from fake_clickup import FakeClickUp
    from fake_clickup.model import Task, Workspace

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
EVERYTHING = {"subtasks": "true", "include_closed": "true"}
ASCENDING = {**EVERYTHING, "order_by": "updated", "reverse": "true"}
DAY_MS = 86_400_000


class Client:
    """Sends requests to a fake ClickUp over one connection."""

    def __init__(self, clickup: FakeClickUp, session: requests.Session) -> None:
        self.clickup = clickup
        self.session = session
        self.workspace = clickup.account.workspaces[0]

    def send_get(self, path: str, **params: Any) -> requests.Response:
        headers = {"Authorization": self.clickup.token}
        url = f"{self.clickup.api_url}{path}"
        return self.session.get(url, params=params, headers=headers, timeout=10)

    def send(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Return the status and the body of the response to a request that writes."""
        response = self.session.request(
            method,
            f"{self.clickup.api_url}{path}",
            json=body,
            headers={"Authorization": self.clickup.token},
            timeout=10,
        )
        return response.status_code, response.json()

    def get(self, path: str, **params: Any) -> Any:
        response = self.send_get(path, **params)
        assert response.status_code == 200, response.text
        return response.json()

    def tasks(self, **params: Any) -> list[dict[str, Any]]:
        tasks: list[dict[str, Any]] = self.page(**params)["tasks"]
        return tasks

    def page(self, **params: Any) -> dict[str, Any]:
        page: dict[str, Any] = self.get(f"/team/{self.workspace.id}/task", **params)
        return page

    def all_tasks(self, **params: Any) -> list[dict[str, Any]]:
        tasks: list[dict[str, Any]] = []
        for page in range(100):
            response = self.page(page=page, **params)
            tasks += response["tasks"]
            if response["last_page"]:
                break
        return tasks


def get_live_tasks(workspace: Workspace) -> list[Task]:
    """Return the tasks that the workspace's task search can see, by `updated`, then id."""
    return [task for task in get_searchable_tasks(workspace) if not task.archived]


def get_searchable_tasks(workspace: Workspace) -> list[Task]:
    """Return the tasks that the task search shows, live ones and then archived, in its order."""
    hidden = {list_id for list_id in workspace.lists if workspace.is_archived_list(list_id)}
    tasks = [task for task in workspace.tasks.values() if task.list_id not in hidden]
    return sorted(
        tasks, key=lambda task: (task.archived, task.updated_ms or task.created_ms, task.id)
    )


def get_all_tasks(workspace: Workspace) -> list[Task]:
    """Return all tasks: those the task search shows in its order, then those in archived places."""
    searchable = get_searchable_tasks(workspace)
    rest = [task for task in workspace.tasks.values() if workspace.is_archived_list(task.list_id)]
    return searchable + sorted(rest, key=lambda task: (task.updated_ms or task.created_ms, task.id))


def ids(tasks: list[dict[str, Any]]) -> list[str]:
    return [task["id"] for task in tasks]
