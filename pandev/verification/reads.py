"""Read from the store what explains a difference: runs, places and rejected records."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pandev.verification.causes import Rejection, WorkspaceReads
from tap_clickup.conversions import parse_timestamp
from tap_clickup.sync import DEFAULT_LOOKBACK
from target_pandev.sql import read_statement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_pandev.database import StoreReader

MAY_READ_REJECTIONS = "SELECT pg_catalog.has_table_privilege('rejected_records', 'SELECT')"


def read_workspace_reads(
    reader: StoreReader, config: Mapping[str, Any]
) -> dict[str, WorkspaceReads]:
    """Return when each workspace was read, by its id; workspaces without a run are left out.

    The first run fixes where reading starts: at the setting `start_date`, or 90 days earlier.
    """
    space_ids: dict[str, set[str]] = {}
    archived_list_ids: dict[str, set[str]] = {}
    for workspace_id, space_id, list_ids in reader.query(_statement("places")):
        space_ids.setdefault(workspace_id, set()).add(space_id)
        archived_list_ids.setdefault(workspace_id, set()).update(list_ids)
    start_date = config.get("start_date")
    return {
        workspace_id: WorkspaceReads(
            start_date=parse_timestamp(start_date) if start_date else first - DEFAULT_LOOKBACK,
            last_poll_at=last_poll_at,
            last_sweep_at=last_sweep_at,
            space_ids=frozenset(space_ids.get(workspace_id, ())),
            archived_list_ids=frozenset(archived_list_ids.get(workspace_id, ())),
        )
        for workspace_id, first, last_poll_at, last_sweep_at in reader.query(_statement("reads"))
    }


def no_reads() -> WorkspaceReads:
    """Return the reads of a workspace that was never read."""
    return WorkspaceReads(datetime.now(UTC) - DEFAULT_LOOKBACK, None, None)


def read_rejections(reader: StoreReader, stream: str) -> dict[tuple[str, ...], Rejection]:
    """Return why and when records of a stream were rejected, by key.

    A login for BI tools may not read rejected records: it gets none.
    """
    ((may_read,),) = reader.query(MAY_READ_REJECTIONS)
    if not may_read:
        return {}
    rejections = {}
    rows = reader.query(_statement("rejections"), {"stream": stream})
    for key, field, reason, rejected_at in rows:
        place = f"{field}: " if field else ""
        text = f"rejected by target-pandev ({place}{reason})"
        rejections[_decode_key(key)] = Rejection(text, rejected_at)
    return rejections


def _decode_key(key: str) -> tuple[str, ...]:
    try:
        values = json.loads(key)
    except ValueError:
        return ()
    return tuple(map(str, values)) if isinstance(values, list) else ()


def _statement(name: str) -> str:
    return read_statement(f"verify_{name}", "pandev.sql")
