"""The rows of the store that the status depends on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from target_pandev.sql import read_statement

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from target_pandev.database import StoreReader

SWEEP = "tap-clickup-sweep"
COUNT_REJECTED = "SELECT pg_catalog.count(*) FROM rejected_records"
COUNT_REJECTED_BY_VIEW = """
SELECT coalesce(pg_catalog.sum(rejected_records)
    + pg_catalog.max(rejected_without_workspace), 0)::bigint
FROM data_trust
"""
"""For a login of pandev store reader, which does not read the table."""


@dataclass(frozen=True)
class Run:
    """A run of tap-clickup over one workspace; `seen_at` is when it last wrote its row."""

    workspace_id: str
    source: str
    started_at: datetime
    finished_at: datetime | None
    seen_at: datetime
    complete: bool | None = None
    refused: Sequence[dict[str, Any]] = ()
    progress: float | None = None

    @property
    def failures(self) -> list[dict[str, Any]]:
        """What it could not read although another run may."""
        return [item for item in self.refused if item.get("retryable")]

    @property
    def denied(self) -> list[dict[str, Any]]:
        """What ClickUp denied it."""
        return [item for item in self.refused if not item.get("retryable")]


@dataclass(frozen=True)
class WebhookRow:
    """A webhook of the token's user, as the latest run saw it."""

    workspace_id: str
    webhook_id: str
    endpoint: str | None
    space_id: str | None
    health: str
    fail_count: int


@dataclass(frozen=True)
class Place:
    """A workspace with the ids of its spaces; the name is None if no run could read it."""

    workspace_id: str
    name: str | None
    space_ids: Sequence[str] = ()


@dataclass(frozen=True)
class StoreRows:
    """All that the status depends on; `now` is the time by PostgreSQL's clock."""

    now: datetime
    places: Sequence[Place] = ()
    runs: Sequence[Run] = ()
    webhooks: Sequence[WebhookRow] = field(default=())
    rejected_records: int = 0


def read_rows(reader: StoreReader) -> StoreRows:
    """Return the rows. Raises `StoreError`."""
    ((now, sees_rejected),) = reader.query(
        "SELECT pg_catalog.now(), pg_catalog.has_table_privilege('rejected_records', 'SELECT')"
    )
    ((rejected,),) = reader.query(COUNT_REJECTED if sees_rejected else COUNT_REJECTED_BY_VIEW)
    places, runs, webhooks = (
        reader.query_dicts(read_statement(f"status_{name}", "pandev.sql"))
        for name in ("places", "runs", "webhooks")
    )
    return StoreRows(
        now,
        [Place(**place) for place in places],
        [Run(**run) for run in runs],
        [WebhookRow(**webhook) for webhook in webhooks],
        rejected,
    )
