"""The tab Integration: the state, as `pandev status` has it, its tables, and the last runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pandev.page.figures import Figure, figure_of
from pandev.report.reading import Result
from pandev.report.section import Column, Section
from pandev.report.sections import BY_NAME, WORKSPACE
from pandev.report.values import Kind
from pandev.status.evaluation import State, evaluate
from pandev.status.lines import describe, to_json
from pandev.status.rows import StoreRows, read_rows
from tap_clickup.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from pandev.page.filters import Filters
    from pandev.status.evaluation import Status, WorkspaceStatus
    from pandev.status.surroundings import Surroundings
    from target_pandev.database import StoreReader

NOTHING_LOADED: Final = "nothing is loaded yet; run: pandev sync"
CANNOT_REACH: Final = "ClickUp cannot reach the public address; run: pandev doctor"
COMMANDS: Final = (
    ("Sync now", "pandev sync"),
    ("Find deletions too", "pandev sync --sweep"),
    ("Look for what is wrong", "pandev doctor"),
    ("Update the token", "pandev token"),
    ("Register webhooks, or repair them", "pandev connect"),
    ("See what is selected", "pandev scopes"),
)
"""What a person may want to do next; the page itself changes nothing."""


@dataclass(frozen=True)
class Installation:
    """What the state depends on outside of the store; `origin` is that of our webhooks."""

    read_settings: Callable[[], Mapping[str, Any]]
    """Returns the settings of tap-clickup."""
    origin: str | None
    find_surroundings: Callable[[], Surroundings]


@dataclass(frozen=True)
class Standing:
    """The state of the integration, with what it follows from."""

    status: Status
    surroundings: Surroundings
    now: datetime

    @property
    def facts(self) -> list[tuple[str, str]]:
        """Labels and texts; the first label is the state."""
        return describe(self.status, self.surroundings, self.now)

    @property
    def is_empty(self) -> bool:
        """Whether there is no run yet."""
        return self.status.state is State.EMPTY

    def to_json(self) -> dict[str, Any]:
        """Return what `pandev status --format json` prints."""
        return to_json(self.status, self.surroundings, self.now)


def read_standing(
    reader: StoreReader | None, installation: Installation, now: datetime
) -> Standing:
    """Return the state of the integration. Raises `StoreError` and `ConfigurationError`."""
    rows = read_rows(reader) if reader else StoreRows(now)
    settings = installation.read_settings()
    status = evaluate(
        rows,
        Selection.from_config(settings),
        is_enabled=settings["enabled"],
        origin=installation.origin,
    )
    return Standing(status, installation.find_surroundings(), rows.now)


def _workspace_row(workspace: WorkspaceStatus) -> dict[str, Any]:
    return {
        "workspace_id": workspace.workspace_id,
        "name": workspace.name,
        "state": str(workspace.state),
        "spaces": workspace.space_count,
        "last_sync_at": workspace.last_sync_at,
        "last_sweep_at": workspace.last_sweep_at,
        "backfill": str(workspace.backfill),
        "webhooks": len(workspace.webhooks),
        "problem": workspace.problem,
    }


def _webhook_rows(workspace: WorkspaceStatus) -> list[dict[str, Any]]:
    return [
        {
            "workspace_id": workspace.workspace_id,
            "webhook_id": webhook.webhook_id,
            "space_id": webhook.space_id,
            "endpoint": webhook.endpoint,
            "health": webhook.health,
            "fail_count": webhook.fail_count,
            "advice": None if webhook.health == "active" else CANNOT_REACH,
        }
        for webhook in workspace.webhooks
    ]


def _denied_rows(workspace: WorkspaceStatus) -> list[dict[str, Any]]:
    return [
        {"workspace_id": workspace.workspace_id, "name": workspace.name, "denied": text}
        for text in workspace.denied
    ]


def lead_to_webhooks(row: Mapping[str, Any], filters: Filters) -> str:
    """Return the address of the webhooks of a workspace."""
    return f"/integration/webhooks{filters.query(workspace=row['workspace_id'])}"


WORKSPACE_ID: Final = Column("workspace_id", "id", Kind.ID)
WORKSPACES: Final = Section(
    "workspaces",
    "Selected workspaces",
    "",
    (
        Column("name", "workspace"),
        WORKSPACE_ID,
        Column("state", "state"),
        Column("spaces", "spaces", Kind.NUMBER),
        Column("last_sync_at", "last sync", Kind.TIME),
        Column("last_sweep_at", "last sweep", Kind.TIME),
        Column("backfill", "back-fill"),
        Column("webhooks", "webhooks", Kind.NUMBER),
        Column("problem", "problem"),
    ),
    NOTHING_LOADED,
)
WEBHOOKS: Final = Section(
    "webhooks",
    "Webhooks",
    "",
    (
        Column("webhook_id", "webhook", Kind.ID),
        Column("workspace_id", "workspace", Kind.ID),
        Column("endpoint", "receiver"),
        Column("health", "health"),
        Column("fail_count", "failed deliveries", Kind.NUMBER),
        Column("advice", "advice"),
    ),
    "there is no webhook of ours, so changes come by polling only; run: pandev connect",
)
DENIED: Final = Section(
    "denied",
    "What ClickUp denied",
    "",
    (WORKSPACE_ID, Column("name", "workspace"), Column("denied", "object and reason")),
    "ClickUp denied nothing to the latest runs",
)
RUNS: Final = figure_of(
    BY_NAME["runs"],
    "Each run of the tap over a workspace: a poll reads what has changed, a sweep finds deletions.",
)
STATUS_FIGURES: Final = (
    Figure(
        WORKSPACES,
        "The state of each workspace, by the same rules as pandev status: stale if no run has "
        "ended in the last 30 minutes.",
        leads={"webhooks": lead_to_webhooks},
        limits=WORKSPACE,
    ),
    Figure(
        WEBHOOKS,
        "Webhooks of this receiver with the health that ClickUp reported to the latest run.",
        limits=WORKSPACE,
    ),
    Figure(
        DENIED,
        "Objects that the token's user may not read. Give that user access in ClickUp, or "
        "deselect them.",
        limits=WORKSPACE,
    ),
)
FIGURES: Final = (*STATUS_FIGURES, RUNS)


def list_rows(figure: Figure, status: Status, filters: Filters) -> Result:
    """Return the rows of one of the tables of the status."""
    workspaces = [
        workspace
        for workspace in status.workspaces
        if filters.workspace in {None, workspace.workspace_id}
    ]
    rows: Sequence[Mapping[str, Any]]
    if figure.section is WORKSPACES:
        rows = [_workspace_row(workspace) for workspace in workspaces]
    elif figure.section is WEBHOOKS:
        rows = [row for workspace in workspaces for row in _webhook_rows(workspace)]
    else:
        rows = [row for workspace in workspaces for row in _denied_rows(workspace)]
    columns = [column.name for column in figure.section.columns]
    reason = figure.section.empty
    return Result(figure.section, columns, [{**row} for row in rows], reason=reason)
