"""Read the time entries of one task, or of all tasks, around the entries that events name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tap_clickup.conversions import parse_timestamp
from tap_clickup.date_slices import date_slices
from tap_clickup.extracted import ExtractedRecord
from tap_clickup.read_scope import time_entry_scope
from tap_clickup.readers.time_entry_reader import TimeEntryReader

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_clickup.client import Client
    from tap_clickup.date_slices import Slice
    from tap_clickup.selection import SpaceSelection
    from tap_clickup.workspace import Workspace

LOOKBACK = timedelta(days=30)
"""Where time entries are read whose start is unknown; older ones are left to the sweep."""


def read_time_entries(
    client: Client,
    workspace: Workspace,
    spaces: SpaceSelection,
    task_id: str | None,
    starts: Iterable[str],
) -> list[ExtractedRecord]:
    """Return the time entries of all members, on one task or on all.

    Adds the completed reads to the workspace.
    """
    user_ids = sorted({client.user_id, *workspace.members})
    reader = TimeEntryReader(client, workspace, user_ids, spaces.space_ids, task_id=task_id)
    entries: list[ExtractedRecord] = []
    for date_slice in _slices_to_read(starts):
        time_slice = reader.read(date_slice)
        entries += [
            ExtractedRecord(record, time_slice.requested_at) for record in time_slice.records
        ]
        all_users = reader.others_confirmed_visible
        scope = time_entry_scope(
            date_slice,
            started_at=time_slice.requested_at,
            user_ids=time_slice.user_ids if all_users else [client.user_id],
            task_id=task_id,
            conditions=spaces.conditions,
        )
        if time_slice.is_complete:
            workspace.add_completed_read(scope, [(key,) for key in time_slice.entry_ids])
    return entries


def _slices_to_read(starts: Iterable[str]) -> list[Slice]:
    """Return the slices of the lookback, and those of earlier entries whose start is known.

    Each slice is returned once, from the earliest start in it.
    """
    now = datetime.now(UTC)
    slices = {part.name: part for part in date_slices(now - LOOKBACK, now)}
    for start in map(parse_timestamp, starts):
        for part in date_slices(start, start):
            if part.name not in slices or part.start < slices[part.name].start:
                slices[part.name] = part
    return list(slices.values())
