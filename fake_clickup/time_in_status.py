"""Time in status as ClickUp's reference shows it: sums by status, not a log of changes.

https://developer.clickup.com/reference/gettasksbulktimeinstatus. No recording of it is known.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from .model import StatusPeriod

if TYPE_CHECKING:
    from .model import Task, Workspace

MINUTE_MS = 60_000
MOST_TASKS = 100


def show(workspace: Workspace, task: Task, *, now_ms: int) -> dict[str, Any]:
    """Return the time of one task in each status; the current one stands in the history too.

    A row of the history counts all stays in its status, and names the beginning of the last.
    """
    stays = _stays(workspace, task)
    ends = [*(stay.since_ms for stay in stays[1:]), now_ms]
    spent_ms: Counter[str] = Counter()
    latest: dict[str, StatusPeriod] = {}
    for stay, end_ms in zip(stays, ends, strict=True):
        spent_ms[stay.status.name] += max(0, end_ms - stay.since_ms)
        latest[stay.status.name] = stay
    current = stays[-1]
    in_order = sorted(latest.values(), key=lambda stay: (stay.status.orderindex, stay.since_ms))
    return {
        "current_status": {
            "status": current.status.name,
            "color": current.status.color,
            "total_time": _total(current, max(0, now_ms - current.since_ms)),
        },
        "status_history": [_row(stay, spent_ms[stay.status.name]) for stay in in_order],
    }


def _stays(workspace: Workspace, task: Task) -> list[StatusPeriod]:
    """Return the stays of a task; its workflow may have changed around it since the last began."""
    status = workspace.status_of(task)
    known = workspace.status_periods.get(task.id) or [StatusPeriod(status, task.created_ms)]
    return [*known[:-1], known[-1]._replace(status=status)]


def _row(stay: StatusPeriod, spent_ms: int) -> dict[str, Any]:
    return {
        "status": stay.status.name,
        "color": stay.status.color,
        "type": stay.status.type,
        "total_time": _total(stay, spent_ms),
        "orderindex": stay.status.orderindex,
    }


def _total(stay: StatusPeriod, spent_ms: int) -> dict[str, Any]:
    return {"by_minute": spent_ms // MINUTE_MS, "since": str(stay.since_ms)}
