"""How the local ClickUp behaves, and what it remembers of each request."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from .account import Account


@dataclass(slots=True)
class Request:
    """One request as it arrived; `path` begins with /api/v2, `status` is 0 until the answer."""

    method: str
    path: str
    query: dict[str, list[str]]
    status: int
    token_ok: bool


@dataclass(slots=True)
class Fault:
    """An answer that is sent once instead of the right one.

    It answers the first request whose path matches the regular expression `path`. A `body` that is
    no text is sent as JSON; no rate-limit header is sent but those in `headers`. With `reset` the
    connection is cut: at once, or after half of the body if there is one.
    """

    status: int = 500
    body: Any = ""
    headers: dict[str, str] = field(default_factory=dict)
    reset: bool = False
    path: str | None = None


@dataclass(slots=True)
class Behaviour:
    """Settings that may change while the server runs; the defaults are today's ClickUp.

    `rate_limited` off: no counting, and no header about it. `updated_gt_inclusive`: whether
    `date_…_gt` means ≥. `ignored_parameters` are dropped in silence. `index_lag` is for how many
    seconds the workspace's task search still shows a task as it was before an edit. `faults` are
    used up, one a matching request. `on_request` is called before each answer is computed.
    `hidden_lists` and `hidden_spaces` are lists and spaces that the token's user may not see, or no
    longer. `taskless` is the form of `task` in a time entry without one, which ClickUp does not
    document. `time_in_status` off: the ClickApp is, and both of its endpoints answer the made-up
    400 `FEATURE_001`, as the real status and code are not established.
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
    role: Literal["owner", "admin", "member"] = "owner"
    hidden_lists: set[str] = field(default_factory=set)
    hidden_spaces: set[str] = field(default_factory=set)
    taskless: Literal["null", "absent", "zero"] = "zero"
    time_in_status: bool = True
