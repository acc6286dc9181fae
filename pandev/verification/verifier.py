"""Compare stored tasks and time entries with ClickUp."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from pandev.verification.result import Verification
from pandev.verification.task_verifier import TaskVerifier
from pandev.verification.time_entry_verifier import TimeEntryVerifier
from tap_clickup.errors import ApiUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pandev.verification.result import Extent
    from tap_clickup.streams.base import ClickUpStream
    from tap_clickup.sync import SyncContext
    from tap_clickup.tap import TapClickUp
    from target_pandev.database import StoreReader

Verifier = TaskVerifier | TimeEntryVerifier


def verify_store(
    reader: StoreReader,
    sync_context: SyncContext,
    tap: TapClickUp,
    *,
    extent: Extent,
    on_progress: Callable[[str], None],
) -> Verification:
    """Compare random tasks and time entries, and all ids if requested.

    If ClickUp can no longer be reached, the result is what was compared until then. Raises
    `ClickUpError` for other errors, and `StoreError`.
    """
    result = Verification(extent.seed)
    tasks = cast("ClickUpStream", tap.streams["tasks"])
    time_entries = cast("ClickUpStream", tap.streams["time_entries"])
    verifiers: list[Verifier] = [
        TaskVerifier(reader, sync_context, tasks, result, on_progress=on_progress)
    ]
    has_time_entries = tap.config["time_tracking"] and time_entries.selected
    if has_time_entries and time_entries.obstacles(()):
        verifiers.append(
            TimeEntryVerifier(reader, sync_context, time_entries, result, on_progress=on_progress)
        )
    try:
        for verifier in verifiers:
            verifier.verify(extent)
    except ApiUnavailableError as error:
        result.failures.append(f"stopped: {error}")
    return result
