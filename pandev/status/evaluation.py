"""Decide from the rows of the store whether the integration is connected. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from pandev.status.rows import SWEEP, Place

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pandev.status.rows import Run, StoreRows, WebhookRow
    from tap_clickup.selection import Selection

NOT_LOADED: Final = "not loaded yet"
STALE_AFTER: Final = timedelta(minutes=30)
"""R43: once the back-fill is complete, the last sync is no older."""
SILENT_AFTER: Final = timedelta(minutes=10)
"""A run writes its row every ten seconds while it reads, and waits at most minutes for ClickUp."""


class State(StrEnum):
    """The state of a workspace or of all of them, the best first."""

    CONNECTED = "connected"
    STALE = "stale"
    ERROR = "error"
    EMPTY = "empty"
    OFF = "off"


class Backfill(StrEnum):
    """How far the first complete read of a workspace is, the best first."""

    COMPLETE = "complete"
    RUNNING = "running"
    NOT_STARTED = "not started"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True)
class WorkspaceStatus:
    """The status of one selected workspace.

    `progress` is that of the back-fill, from 0 to 1, if it is known. `problem` is why the state is
    not connected. `denied` is what ClickUp did not let the latest run read.
    """

    workspace_id: str
    name: str | None
    state: State
    space_count: int = 0
    last_sync_at: datetime | None = None
    last_sweep_at: datetime | None = None
    is_running: bool = False
    backfill: Backfill = Backfill.NOT_STARTED
    progress: float | None = None
    webhooks: Sequence[WebhookRow] = ()
    denied: Sequence[str] = ()
    problem: str | None = None


@dataclass(frozen=True)
class Status:
    """The status of all selected workspaces: the state is that of the worst."""

    state: State
    workspaces: Sequence[WorkspaceStatus] = ()
    rejected_records: int = 0
    problem: str | None = None
    health: Counter[str] = field(default_factory=Counter)

    @property
    def space_count(self) -> int:
        """The number of selected spaces."""
        return sum(workspace.space_count for workspace in self.workspaces)

    @property
    def last_sync_at(self) -> datetime | None:
        """The last sync of the workspace that was synced longest ago; None if one never was."""
        times = [workspace.last_sync_at for workspace in self.workspaces]
        known = [time for time in times if time is not None]
        return min(known) if known and len(known) == len(times) else None

    @property
    def worst_backfill(self) -> WorkspaceStatus | None:
        """The workspace whose back-fill is behind all others."""
        order = list(Backfill)
        return max(
            self.workspaces,
            key=lambda workspace: (order.index(workspace.backfill), -(workspace.progress or 0)),
            default=None,
        )

    @property
    def denied_count(self) -> int:
        """How many objects ClickUp did not let the latest runs read."""
        return sum(len(workspace.denied) for workspace in self.workspaces)

    @property
    def covered_count(self) -> int:
        """How many of the workspaces have a webhook of ours."""
        return sum(bool(workspace.webhooks) for workspace in self.workspaces)


def evaluate(
    rows: StoreRows, selection: Selection, *, is_enabled: bool = True, origin: str | None = None
) -> Status:
    """Return the status. `origin` limits the webhooks to those of our receiver, if it is known."""
    places = {place.workspace_id: place for place in rows.places}
    workspaces = [
        _evaluate_workspace(
            places.get(workspace_id) or Place(workspace_id, None), rows, selection, origin
        )
        for workspace_id in selection.workspace_ids or places
    ]
    if selection.space_ids and any(workspace.space_count for workspace in workspaces):
        workspaces = [workspace for workspace in workspaces if _is_part(workspace)]
    health = Counter(row.health for workspace in workspaces for row in workspace.webhooks)
    worst = max(
        workspaces,
        key=lambda workspace: list(State).index(_known(workspace.state)),
        default=None,
    )
    state = State.EMPTY
    if worst and rows.runs:
        state = _known(worst.state)
    return Status(
        State.OFF if not is_enabled else state,
        workspaces,
        rows.rejected_records,
        worst.problem if worst else None,
        health,
    )


def with_problem(status: Status, problem: str) -> Status:
    """Return the status with a problem that the store does not show."""
    return replace(status, state=State.ERROR, problem=problem)


def _is_part(workspace: WorkspaceStatus) -> bool:
    """Whether a workspace has selected spaces, or has not been read yet."""
    return bool(workspace.space_count) or workspace.last_sync_at is None


def _known(state: State) -> State:
    """Return the state of a workspace among others: one that is not loaded yet is stale."""
    return State.STALE if state is State.EMPTY else state


def _evaluate_workspace(
    place: Place, rows: StoreRows, selection: Selection, origin: str | None
) -> WorkspaceStatus:
    runs = sorted(
        (run for run in rows.runs if run.workspace_id == place.workspace_id),
        key=lambda run: run.started_at,
    )
    ended = sorted((run for run in runs if run.finished_at), key=_end)
    successful = [run for run in ended if not run.failures]
    sweeps = [run for run in successful if run.source == SWEEP and run.complete]
    latest = runs[-1] if runs else None
    is_unfinished = latest is not None and latest.finished_at is None
    is_running = latest is not None and is_unfinished and rows.now - latest.seen_at < SILENT_AFTER
    last_sync_at = successful[-1].finished_at if successful else None
    backfill = _backfill(latest, is_complete=bool(successful), is_running=is_running)
    state, problem = _state(
        rows.now, backfill, latest, ended[-1] if ended else None, last_sync_at=last_sync_at
    )
    return WorkspaceStatus(
        workspace_id=place.workspace_id,
        name=place.name,
        state=state,
        space_count=sum(selection.includes_space(space_id) for space_id in place.space_ids),
        last_sync_at=last_sync_at,
        last_sweep_at=sweeps[-1].finished_at if sweeps else None,
        is_running=is_running,
        backfill=backfill,
        progress=latest.progress if latest and is_unfinished else None,
        webhooks=[
            row
            for row in rows.webhooks
            if row.workspace_id == place.workspace_id
            and origin in {None, row.endpoint}
            and (row.space_id is None or selection.includes_space(row.space_id))
        ],
        denied=[_describe(item) for item in ended[-1].denied] if ended else [],
        problem=problem,
    )


def _backfill(latest: Run | None, *, is_complete: bool, is_running: bool) -> Backfill:
    if is_complete:
        return Backfill.COMPLETE
    if latest is None:
        return Backfill.NOT_STARTED
    if is_running:
        return Backfill.RUNNING
    return Backfill.FAILED if latest.finished_at else Backfill.STOPPED


def _state(
    now: datetime,
    backfill: Backfill,
    latest: Run | None,
    ended: Run | None,
    *,
    last_sync_at: datetime | None,
) -> tuple[State, str | None]:
    """Return the state of a workspace and the problem, if there is one."""
    if latest is None:
        return State.EMPTY, NOT_LOADED
    if backfill is Backfill.RUNNING:
        return State.CONNECTED, None
    if backfill is Backfill.STOPPED:
        return State.ERROR, "the back-fill was stopped or killed: pandev sync"
    if ended and ended.failures:
        return State.ERROR, _describe(ended.failures[0])
    if last_sync_at is None or now - last_sync_at > STALE_AFTER:
        return State.STALE, "no run has ended in the last 30 minutes"
    return State.CONNECTED, None


def _describe(item: dict[str, object]) -> str:
    """Return what could not be read and why; a refused token or clock concerns the whole run."""
    what, why = item.get("what"), item.get("why")
    return str(why) if what == "run" else f"{what}: {why}"


def _end(run: Run) -> datetime:
    return run.finished_at or run.seen_at
