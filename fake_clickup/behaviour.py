"""Settings of the fake ClickUp, and its record of each request."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from .account import Account


@dataclass(slots=True)
class Request:
    """A received request; `path` begins with /api/v2, `status` is 0 until the response is sent."""

    method: str
    path: str
    query: dict[str, list[str]]
    status: int
    token_ok: bool


@dataclass(slots=True)
class Fault:
    """A response that is sent once instead of the right one.

    It is sent to the first request of the `method` whose path matches the regular expression
    `path`. A `body` that is not a string is sent as JSON; the only rate-limit headers are those in
    `headers`. With `reset` the connection is cut: before the response, or after half of the body if
    there is one. With `executed` the request is carried out before, so that only its response is
    lost. It is sent after `delay_seconds`, or as soon as the client has closed the connection.
    """

    status: int = 500
    body: Any = ""
    headers: dict[str, str] = field(default_factory=dict)
    reset: bool = False
    path: str | None = None
    method: str | None = None
    executed: bool = False
    delay_seconds: float = 0.0


@dataclass(slots=True)
class Behaviour:
    """Settings that may change while the server runs; the defaults are those of today's ClickUp.

    * `rate_limited`: whether requests are counted and the headers of the rate limit are sent.
    * `updated_gt_inclusive`: whether the filters `date_…_gt` mean ≥.
    * `ignored_parameters`: query parameters that are silently dropped.
    * `index_lag`: seconds for which the workspace's task search shows a task as before an edit.
    * `faults`: wrong responses, each sent to one matching request.
    * `on_request`, `on_response`: called before each response is computed, and before it is sent.
    * `hidden_lists`, `hidden_spaces`: ids of lists and spaces that the token's user cannot see.
    * `missing_task_format`: the value of `task` in a time entry without a task, which ClickUp does
      not document.
    * `time_in_status`: whether the ClickApp is enabled. If not, both endpoints respond with the
      placeholder 400 `FEATURE_001`, as the real status and code are not known.
    """

    limit_per_minute: int = 100
    window_seconds: float = 60
    rate_limited: bool = True
    clock: Callable[[], float] = time.time
    updated_gt_inclusive: bool = True
    ignored_parameters: set[str] = field(default_factory=set)
    last_page: Literal["honest", "missing", "always_false"] = "honest"
    generation: Literal[2022, 2025, 2026] = 2026
    index_lag: float = 0
    faults: list[Fault] = field(default_factory=list)
    on_request: Callable[[Request, Account], None] | None = None
    on_response: Callable[[Request, Account], None] | None = None
    role: Literal["owner", "admin", "member", "guest"] = "owner"
    hidden_lists: set[str] = field(default_factory=set)
    hidden_spaces: set[str] = field(default_factory=set)
    missing_task_format: Literal["null", "absent", "zero"] = "zero"
    time_in_status: bool = True
