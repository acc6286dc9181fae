"""What the sinks of a run share: the store, pending bytes, table versions, rejections and states.

Knows neither the target nor the sinks. The target creates the session; each sink gets it from its
target by `HasSession`.
"""

from __future__ import annotations

import logging
from collections import Counter, deque
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Protocol
from uuid import uuid4

from target_pandev.emitted_states import StateMark, add_mark, can_be_marked, read_mark
from target_pandev.errors import StoreError
from target_pandev.wording import format_stream_count

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from target_pandev.database import RowError, SeenKeysTable, Store, Table
    from target_pandev.database.serial_loader import Load
    from target_pandev.errors import RejectedRecord
    from target_pandev.table_versions import TableVersion

MAX_LOGGED_KEY = 200
"""Characters of a rejected record's key that are logged."""
MAX_LOGGED_REJECTIONS = 20
"""Rejected records that are logged; the table has all of them."""
RUN_STREAMS = {"completed_reads", "sync_runs"}
"""Streams about the run itself, which the summary leaves out."""

logger = logging.getLogger("target-pandev")


class HasSession(Protocol):
    """A target whose sinks share a session."""

    @property
    def session(self) -> LoadSession:
        """The session of the run."""


class LoadSession:
    """One run of the target."""

    def __init__(
        self,
        open_store: Callable[[], AbstractContextManager[Store]],
        *,
        flush: Callable[[str], None],
        write_state: Callable[[dict[str, Any]], None],
    ) -> None:
        self.flush = flush
        """Loads the pending rows of a stream."""
        self.pending_bytes = 0
        """Bytes of all rows and deletions that are pending in the sinks."""
        self.versions: dict[str, TableVersion] = {}
        """The newest table version of each stream that has one in this run."""
        self.unversioned: set[str] = set()
        """The streams of which this run loaded records without a table version."""
        self.replication_keys: dict[str, str | None] = {}
        """The replication key of each stream, from its last SCHEMA message."""
        self.loaded: Counter[str] = Counter()
        """How many records of each stream were loaded, or found equal to the stored ones."""
        self.rejected_count = 0
        self.has_rejected_keys = False
        """Whether a record was rejected for a missing key."""
        self._open_store = open_store
        self._store: Store | None = None
        self._exit = ExitStack()
        self._write_state = write_state
        self._run_id = str(uuid4())
        self._emitted_states = 0
        self._known_marks: set[StateMark] = set()
        self._last_state: dict[str, Any] | None = None
        self._pending_states: deque[tuple[Load | None, dict[str, Any]]] = deque()

    @property
    def store(self) -> Store:
        """The store; opened when it is first used. Raises `StoreError`."""
        if self._store is None:
            self._store = self._exit.enter_context(self._open_store())
        return self._store

    def load(
        self,
        table: Table,
        lines: Sequence[bytes],
        *,
        on_loaded: Callable[[Sequence[RowError]], None],
        seen_keys: SeenKeysTable | None,
    ) -> None:
        """Emit the states behind the previous batch, then start to load this one, see `Store`."""
        self.wait()
        self.store.load(table, lines, on_loaded=on_loaded, seen_keys=seen_keys)

    def wait(self) -> None:
        """Wait until all submitted batches are committed, and emit the states behind them.

        Raises `StoreError` if the last batch was rolled back.
        """
        if self._store is not None:
            self._store.wait()
        self.emit_committed_states()

    @property
    def is_loading(self) -> bool:
        """Whether a batch was submitted and is not known to be committed."""
        return self._store is not None and self._store.is_loading

    def collect(self) -> None:
        """Emit the states whose batches have been committed by now, without waiting for others.

        Raises `StoreError` if the last batch was rolled back.
        """
        if self._store is not None:
            self._store.collect()
        self.emit_committed_states()

    def assert_state_is_known(self, state: dict[str, Any]) -> None:
        """Raise `StoreError` if the store does not contain what a tap with this state skips."""
        mark = read_mark(state)
        if mark is None or mark in self._known_marks:
            return
        if not self.store.has_emitted(mark):
            raise StoreError(
                f"store_schema {self.store.schema}: the state of the tap is not from this store: "
                "the store is new, another one or an older backup, and what the tap read before "
                "would be missing; read everything again with meltano run --full-refresh <tap> "
                "target-pandev (or without --state), or restore the newest backup"
            )
        self._known_marks.add(mark)

    def emit_state(self, state: dict[str, Any]) -> None:
        """Emit a state, once, as soon as all batches that were submitted before it are committed.

        A state that equals the one before it is not emitted again.
        """
        if state == self._last_state:
            return
        self._last_state = state
        load = self._store.latest_load if self._store is not None else None
        self._pending_states.append((load, state))
        self.emit_committed_states()

    def emit_committed_states(self) -> None:
        """Write the pending states whose batches are committed, in their order.

        A batch counts once the rows that PostgreSQL rejected are stored in `rejected_records`. The
        batches before it are committed then, because they are loaded one after the other.
        """
        while self._pending_states:
            load, state = self._pending_states[0]
            if load is not None and not load.finished:
                return
            self._pending_states.popleft()
            self._write_state(self._record_state(state))

    def _record_state(self, state: dict[str, Any]) -> dict[str, Any]:
        """Record in the store that a state is emitted, and return it with its mark."""
        if not can_be_marked(state):
            return state
        self._emitted_states += 1
        mark = StateMark(self._run_id, self._emitted_states)
        self.store.record_state(mark)
        return add_mark(state, mark)

    def log_summary(self, schema: str) -> None:
        """Log, as the last lines of a run without errors, what was stored and what to do next.

        A few older versions are usual while a webhook and a poll read the same task. Many mean that
        the clock of a machine was wrong.
        """
        older = self._store.older_versions if self._store else {}
        if left_out := _format_counts(older):
            logger.info("left out, because newer versions are stored: %s", left_out)
        if stored := _format_counts(self.loaded):
            logger.info("stored %s in schema %s; next: pandev report", stored, schema)

    def reject(self, records: Sequence[RejectedRecord]) -> None:
        """Store records that could not be loaded, and log them with no values but their keys."""
        self.store.reject(records)
        for record in records[: max(0, MAX_LOGGED_REJECTIONS - self.rejected_count)]:
            logger.error(
                "rejected: stream %s, key %s, field %s: %s",
                record.stream,
                record.key and record.key[:MAX_LOGGED_KEY],
                record.field or "-",
                record.reason,
            )
        self.rejected_count += len(records)
        if any(record.lacks_key for record in records):
            self.has_rejected_keys = True

    def close(self) -> None:
        """Close the store, once a running batch is committed or rolled back."""
        self._exit.close()

    def abort(self) -> None:
        """Roll a running batch back and close the store."""
        if self._store is not None:
            self._store.cancel()
        self.close()


def _format_counts(counts: Mapping[str, int]) -> str:
    return ", ".join(
        format_stream_count(count, stream)
        for stream, count in counts.items()
        if count and stream not in RUN_STREAMS
    )
