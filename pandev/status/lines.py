"""The status in five lines for people and as an object for programs."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from pandev.status.evaluation import Backfill, State
from tap_clickup.wording import format_count

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pandev.status.evaluation import Status
    from pandev.status.surroundings import Surroundings

LABEL_WIDTH: Final = 11
EXIT_CODES: Final = {
    State.CONNECTED: 0,
    State.ERROR: 1,
    State.STALE: 3,
    State.OFF: 4,
    State.EMPTY: 5,
}
COLORS: Final = {State.CONNECTED: "green", State.STALE: "yellow", State.ERROR: "red"}


def describe(
    status: Status, surroundings: Surroundings, now: datetime, *, width: int | None = None
) -> list[tuple[str, str]]:
    """Return five lines, each of a label and a text; one with a time is shortened to the width."""
    workspaces = format_count(len(status.workspaces), "workspace")
    counts = f"{workspaces}, {format_count(status.space_count, 'space')}"
    last = ("Data", _data(status))
    if status.problem and status.state is State.ERROR:
        last = ("Problem", status.problem.partition("; ")[0])  # pandev doctor has the remedy
    return [
        (status.state.capitalize(), counts),
        ("Last sync", _last_sync(status, surroundings, now, width)),
        ("Back-fill", _backfill(status)),
        ("Delivery", _delivery(status, surroundings)),
        last,
    ]


def _last_sync(status: Status, surroundings: Surroundings, now: datetime, width: int | None) -> str:
    at = status.last_sync_at
    upcoming = _next_sync(status, surroundings, now)
    if at is None:
        return f"none yet, {upcoming}"
    age = f"{_age(now - at)} ago"
    text = f"{age} ({_clock(at, now)}), {upcoming}"
    fits = width is None or LABEL_WIDTH + len(text) <= width
    return text if fits else f"{age}, {upcoming}"


def _next_sync(status: Status, surroundings: Surroundings, now: datetime) -> str:
    if status.state is State.OFF:
        return "none scheduled"
    if any(workspace.is_running for workspace in status.workspaces):
        return "running"
    at = surroundings.next_sync_at(status.last_sync_at, now)
    if at is None:
        return "next unknown"
    return "next due" if at <= now else f"next {_clock(at, now)}"


def _clock(at: datetime, now: datetime) -> str:
    """Return the time of a day in UTC, with the date unless it is today or within a day."""
    is_soon = now < at < now + timedelta(days=1)
    day = "" if is_soon or at.date() == now.date() else f"{at:%Y-%m-%d} "
    return f"{day}{at:%H:%M} UTC"


def _age(age: timedelta) -> str:
    minutes = max(0, int(age.total_seconds() // 60))
    if minutes < 120:  # noqa: PLR2004 - two hours
        return f"{minutes} min"
    hours = minutes // 60
    return f"{hours} h" if hours < 48 else f"{hours // 24} d"  # noqa: PLR2004 - two days


def _backfill(status: Status) -> str:
    workspace = status.worst_backfill
    if workspace is None:
        return Backfill.NOT_STARTED
    if workspace.backfill in {Backfill.COMPLETE, Backfill.NOT_STARTED, Backfill.FAILED}:
        return workspace.backfill
    percent = "" if workspace.progress is None else f"{workspace.progress:.0%}"
    if workspace.backfill is Backfill.RUNNING:
        return f"running, {percent}" if percent else "running"
    return f"was killed at {percent}" if percent else "was killed"


def delivery_mode(status: Status) -> str:
    """Return how changes arrive: by webhooks and polls, or by polling only."""
    if not status.covered_count:
        return "polling only"
    if status.covered_count < len(status.workspaces):
        return f"webhooks in {status.covered_count} of {len(status.workspaces)}"
    return "webhooks"


def _delivery(status: Status, surroundings: Surroundings) -> str:
    """Return the mode and its counts, the worst first: a narrow terminal cuts the end."""
    counts = (
        (surroundings.dead_letters, "dead"),
        *((count, health) for health, count in sorted(status.health.items(), reverse=True)),
        (surroundings.pending_events, "pending"),
    )
    parts = [f"{count:,} {name}" for count, name in counts if count]
    mode = delivery_mode(status)
    return f"{mode}: {', '.join(parts)}" if parts else mode


def _data(status: Status) -> str:
    parts = []
    if status.denied_count:
        parts.append(f"{status.denied_count:,} denied")
    if status.rejected_records:
        parts.append(f"{status.rejected_records:,} rejected")
    if parts:
        return f"{', '.join(parts)}: pandev doctor"
    has_read = any(workspace.last_sync_at for workspace in status.workspaces)
    return "complete" if has_read else "none yet"


def fit(text: str, width: int) -> str:
    """Return a text that fits a width; what is cut ends in an ellipsis."""
    return text if len(text) <= width else f"{text[: max(1, width - 1)]}…"


def to_json(status: Status, surroundings: Surroundings, now: datetime) -> dict[str, Any]:
    """Return the status for programs; a later version may add keys."""
    worst = status.worst_backfill
    return {
        "state": str(status.state),
        "exit_code": EXIT_CODES[status.state],
        "problem": status.problem,
        "workspaces": len(status.workspaces),
        "spaces": status.space_count,
        "last_sync_at": _iso(status.last_sync_at),
        "next_sync_at": _iso(surroundings.next_sync_at(status.last_sync_at, now)),
        "next_sync_by": surroundings.scheduled_by,
        "is_running": any(workspace.is_running for workspace in status.workspaces),
        "backfill": str(worst.backfill if worst else Backfill.NOT_STARTED),
        "progress": worst.progress if worst else None,
        "delivery": {
            "mode": delivery_mode(status),
            "webhooks": dict(sorted(status.health.items())),
            "receiver_is_ready": surroundings.is_receiver_ready,
            "pending_events": surroundings.pending_events,
            "dead_letters": surroundings.dead_letters,
        },
        "data": {"denied": status.denied_count, "rejected": status.rejected_records},
        "by_workspace": [
            {
                "workspace_id": workspace.workspace_id,
                "name": workspace.name,
                "state": str(workspace.state),
                "problem": workspace.problem,
                "spaces": workspace.space_count,
                "last_sync_at": _iso(workspace.last_sync_at),
                "last_sweep_at": _iso(workspace.last_sweep_at),
                "is_running": workspace.is_running,
                "backfill": str(workspace.backfill),
                "progress": workspace.progress,
                "webhooks": _webhooks(workspace.webhooks),
                "denied": list(workspace.denied),
            }
            for workspace in status.workspaces
        ],
    }


def _webhooks(webhooks: Sequence[Any]) -> list[dict[str, Any]]:
    return [
        {
            "webhook_id": webhook.webhook_id,
            "space_id": webhook.space_id,
            "health": webhook.health,
            "fail_count": webhook.fail_count,
        }
        for webhook in webhooks
    ]


def _iso(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None
