"""Keep in the store what was planned and sent: before each request, and after its answer."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pandev.worklogs.errors import WorklogError
from pandev.worklogs.reading import query

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pandev.worklogs.facts import State
    from pandev.worklogs.plan import PlannedEntry
    from pandev.worklogs.reading import Store

LOCK_KEY = 0x776F726B
"""Key of an advisory lock: "work" in ASCII."""
LOCK = "SELECT pg_catalog.pg_try_advisory_lock(%(key)s, pg_catalog.hashtext(current_schema()))"
UNLOCK = "SELECT pg_catalog.pg_advisory_unlock(%(key)s, pg_catalog.hashtext(current_schema()))"


@contextmanager
def only_writer(store: Store) -> Iterator[None]:
    """Prevent that another run writes meanwhile. Raises `WorklogError` if one does."""
    ((is_locked,),) = store.query(LOCK, {"key": LOCK_KEY})[1]
    if not is_locked:
        raise WorklogError("another pandev worklogs push is writing; wait until it has ended")
    yield
    store.query(UNLOCK, {"key": LOCK_KEY})  # the end of the session releases it in any other case


class Journal:
    """The rows of `worklog_entries`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def store_plan(self, entries: Sequence[PlannedEntry]) -> None:
        """Store what is going to be sent."""
        self._store_entries(entries, "planned", [None] * len(entries))

    def adopt(self, entries: Sequence[PlannedEntry]) -> None:
        """Store entries that ClickUp has as planned, also those that another store has sent."""
        self._store_entries(entries, "confirmed", [entry.current_ms for entry in entries])

    def mark_sent(self, entry: PlannedEntry) -> None:
        """Store that the request for an entry is about to be sent."""
        query(self._store, "mark_sent", _key(entry))

    def mark_answered(
        self,
        entry: PlannedEntry,
        state: State,
        *,
        written_ms: int | None = None,
        time_entry_id: str | None = None,
        reason: str | None = None,
    ) -> None:
        """Store what became of the request for an entry."""
        values = {
            "state": state,
            "written_ms": written_ms,
            "time_entry_id": time_entry_id,
            "confirmed_at": self._store.now() if state == "confirmed" else None,
            "reason": reason,
        }
        query(self._store, "mark_answered", _key(entry) | values)

    def _store_entries(
        self, entries: Sequence[PlannedEntry], state: State, written_ms: Sequence[int | None]
    ) -> None:
        if not entries:
            return
        actions = ["create" if entry.action == "keep" else entry.action for entry in entries]
        parameters = {
            "state": state,
            "workspace_ids": [entry.workspace_id for entry in entries],
            "markers": [entry.marker for entry in entries],
            "user_ids": [entry.user_id for entry in entries],
            "task_ids": [entry.task_id for entry in entries],
            "work_dates": [entry.work_date for entry in entries],
            "actions": actions,
            "planned_ms": [entry.planned_ms for entry in entries],
            "written_ms": list(written_ms),
            "time_entry_ids": [entry.time_entry_id for entry in entries],
        }
        query(self._store, "store_plan", parameters)


def _key(entry: PlannedEntry) -> dict[str, Any]:
    return {"workspace_id": entry.workspace_id, "marker": entry.marker}
