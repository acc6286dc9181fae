"""Read the time in status of tasks, many per request.

https://developer.clickup.com/reference/getbulktaskstimeinstatus
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tap_clickup.bisect_requests import Accepted, request_with_bisection
from tap_clickup.urls import api_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_clickup.client import ApiResponse, Client

MAX_TASKS_PER_REQUEST = 100
MAX_PROBES = 3
"""If so many single tasks are rejected and none was accepted, the ClickApp is off."""


class TimeInStatusReader:
    """Reads the time in status of tasks, and finds out which tasks ClickUp rejects.

    A deleted task makes ClickUp reject the whole request, which is then split to find it. Once the
    ClickApp turns out to be off, no further request is sent. `rejected_count` tasks have no
    response, for the latest `reason`.
    """

    def __init__(self, client: Client) -> None:
        self.rejected_count = 0
        self.reason = ""
        self._client = client
        self._is_on = False

    def responses(self, task_ids: list[str]) -> Iterator[ApiResponse]:
        """Yield responses whose body contains ClickUp's objects by task id."""
        not_requested = len(task_ids)
        if not self._is_off():
            for outcome in request_with_bisection(task_ids, self._request):
                not_requested -= len(outcome.ids)
                if isinstance(outcome, Accepted):
                    self._is_on = True
                    yield outcome.response
                    continue
                self.reason = str(outcome.error)
                self.rejected_count += len(outcome.ids)
                if self._is_off():
                    break
        self.rejected_count += not_requested

    def _is_off(self) -> bool:
        """Return whether the ClickApp is off."""
        return self.rejected_count >= MAX_PROBES and not self._is_on

    def _request(self, task_ids: list[str]) -> ApiResponse:
        """Request several tasks, or one: the bulk endpoint requires at least two."""
        if len(task_ids) == 1:
            path = api_path("task", task_ids[0], "time_in_status")
            response = self._client.get(path, required_key="current_status")
            return replace(response, body={task_ids[0]: response.body})
        path = "/task/bulk_time_in_status/task_ids"
        return self._client.get(path, [("task_ids", task_id) for task_id in task_ids])
