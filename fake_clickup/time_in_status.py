"""Time in status as in ClickUp's reference: sums by status, not a log of changes.

https://developer.clickup.com/reference/gettasksbulktimeinstatus. No recording of it is known.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from .model import StatusPeriod

if TYPE_CHECKING:
    from .model import Task, Workspace

MINUTE_MS = 60_000
MAX_TASKS = 100


def render_time_in_status(workspace: Workspace, task: Task, *, now_ms: int) -> dict[str, Any]:
    """Return the time of one task in each status; the history includes the current one.

    A row of the history sums up all periods of its status; `since` is the start of the last one.
    """
    periods = _find_status_periods(workspace, task)
    ends = [*(period.since_ms for period in periods[1:]), now_ms]
    spent_ms: Counter[str] = Counter()
    latest: dict[str, StatusPeriod] = {}
    for period, end_ms in zip(periods, ends, strict=True):
        spent_ms[period.status.name] += max(0, end_ms - period.since_ms)
        latest[period.status.name] = period
    current = periods[-1]
    in_order = sorted(
        latest.values(), key=lambda period: (period.status.orderindex, period.since_ms)
    )
    return {
        "current_status": {
            "status": current.status.name,
            "color": current.status.color,
            "total_time": _render_total(current, max(0, now_ms - current.since_ms)),
        },
        "status_history": [
            _render_row(period, spent_ms[period.status.name]) for period in in_order
        ],
    }


def _find_status_periods(workspace: Workspace, task: Task) -> list[StatusPeriod]:
    """Return the periods of a task; its workflow may have changed since the last one started."""
    status = workspace.status_of(task)
    known = workspace.status_periods.get(task.id) or [StatusPeriod(status, task.created_ms)]
    return [*known[:-1], known[-1]._replace(status=status)]


def _render_row(period: StatusPeriod, spent_ms: int) -> dict[str, Any]:
    return {
        "status": period.status.name,
        "color": period.status.color,
        "type": period.status.type,
        "total_time": _render_total(period, spent_ms),
        "orderindex": period.status.orderindex,
    }


def _render_total(period: StatusPeriod, spent_ms: int) -> dict[str, Any]:
    return {"by_minute": spent_ms // MINUTE_MS, "since": str(period.since_ms)}
