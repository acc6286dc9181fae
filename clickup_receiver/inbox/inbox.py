"""Pending events, stored durably between the response to ClickUp and the load into the target.

One SQLite file. Whatever `add` has returned from survives `kill -9` and power loss. It contains
events as `events` has reduced them, never a body. Loading them is the task of another module.
https://www.sqlite.org/pragma.html#pragma_synchronous
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from clickup_receiver.inbox.events import Event
from tap_clickup.errors import ClickUpError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

DELIVERIES_TABLE = """
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    webhook_id TEXT NOT NULL,
    received_at TEXT NOT NULL,
    is_hint INTEGER NOT NULL,
    event BLOB,
    dead_because TEXT
) STRICT
"""
"""`is_hint`: the event has no history. `dead_because`: why it is a dead letter.

An event is set to NULL once it is loaded; its key stays, so that a repeated delivery is recognized.
"""
LAST_DELIVERY_TABLE = """
CREATE TABLE IF NOT EXISTS heard (webhook_id TEXT PRIMARY KEY, received_at TEXT NOT NULL) STRICT
"""
"""When each webhook sent its latest delivery, including repeated ones."""
IS_PENDING = "event IS NOT NULL AND dead_because IS NULL"
IS_LOADED = "event IS NULL AND dead_because IS NULL"
PENDING_INDEX = f"CREATE INDEX IF NOT EXISTS waiting ON deliveries (id) WHERE {IS_PENDING}"
DEAD_INDEX = "CREATE INDEX IF NOT EXISTS dead ON deliveries (id) WHERE dead_because IS NOT NULL"
DEAD_LETTER_BYTES = 10 * 2**10
"""Bytes of the limit per dead letter that is kept: ten times what one takes."""
NOT_DECODABLE = "not an event of this release; replay it after an upgrade"
BUSY_TIMEOUT_SECONDS = 5
"""How long a write waits for another process. ClickUp waits 7 seconds for a response."""

logger = logging.getLogger("clickup-receiver")


class InboxError(ClickUpError):
    """The inbox cannot be used or is full. Nothing of the failed call is stored."""


@dataclass(frozen=True)
class Delivery:
    """A verified delivery. If its body is not an event, `event` is None and `failure_reason` set.

    ClickUp repeats a delivery with the same body, so `signature`, a keyed hash of the whole body,
    distinguishes deliveries. The ids in the body do not: twins and edits of a comment share theirs.
    """

    signature: str
    webhook_id: str
    event: Event | None
    failure_reason: str | None = None

    @property
    def has_no_history(self) -> bool:
        """Whether it is an event without history, which only means "read this object again".

        Two of them may have equal bodies: a folder that is renamed twice.
        """
        return self.event is not None and not self.event.has_history

    @property
    def key(self) -> str:
        """The key that is equal for two deliveries with the same meaning."""
        if self.event and self.has_no_history:
            return f"{self.event.webhook_id}:{self.event.name}:{self.event.object_id}"
        return self.signature


@dataclass(frozen=True)
class PendingEvent:
    """An event that is not loaded yet; a smaller `id` arrived earlier."""

    id: int
    received_at: datetime
    event: Event


@dataclass(frozen=True)
class DeadLetter:
    """A delivery that could not be loaded; without an event it cannot be replayed."""

    id: int
    received_at: datetime
    webhook_id: str
    reason: str
    event: Event | None


class Inbox:
    """The received deliveries: pending, loaded or dead. Several threads may use it.

    A loaded delivery leaves its key behind, so that a repeated one is recognized.
    """

    def __init__(self, path: Path, *, limit_bytes: int = 2**30) -> None:
        self._path = path
        self._limit_bytes = limit_bytes
        self.added = threading.Event()
        """Set once deliveries are stored; the thread that waits for them clears it."""
        self._lock = threading.RLock()
        self._connection = self._open()
        ((self._page_bytes,),) = self._connection.execute("PRAGMA page_size")

    def _open(self) -> sqlite3.Connection:
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
            connection = sqlite3.connect(
                self._path,
                timeout=BUSY_TIMEOUT_SECONDS,
                isolation_level=None,
                check_same_thread=False,
            )
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute(DELIVERIES_TABLE)
            connection.execute(LAST_DELIVERY_TABLE)
            connection.execute(PENDING_INDEX)
            connection.execute(DEAD_INDEX)
            self._identity = self._path.stat()
        except (OSError, sqlite3.Error) as error:
            raise InboxError(
                f"inbox {self._path}: {error}; expected a writable inbox file of this receiver, or "
                "a directory in which it can be created"
            ) from error
        return connection

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def add(self, deliveries: Sequence[Delivery]) -> list[bool]:
        """Store deliveries durably, all or none; return for each whether it is new.

        Raises `InboxError` if they cannot be stored, or if the inbox has reached its size limit.
        """
        now = datetime.now(UTC).isoformat()
        self._check_identity()
        with self._transaction() as connection:
            self._check_size(connection)
            for webhook_id in {delivery.webhook_id for delivery in deliveries}:
                connection.execute("INSERT OR REPLACE INTO heard VALUES (?, ?)", (webhook_id, now))
            are_new = [_add(connection, delivery, now) for delivery in deliveries]
            if any(delivery.failure_reason for delivery in deliveries):
                self._limit_dead_letters(connection)
        self.added.set()
        return are_new

    def check_writable(self) -> None:
        """Write to the file. Raises `InboxError` if `add` would fail too."""
        self._check_identity()
        with self._transaction() as connection:
            self._check_size(connection)
            connection.execute("PRAGMA user_version = 1")

    def _check_identity(self) -> None:
        """Raise `InboxError` if the file at the path is another one: ours is lost at a restart."""
        try:
            is_ours = os.path.samestat(self._path.stat(), self._identity)
        except OSError:
            is_ours = False
        if not is_ours:
            raise InboxError(
                f"inbox {self._path}: was deleted or replaced while the receiver is running; put "
                "it back, or restart the receiver to begin with a new one and run the sweep"
            )

    def _limit_dead_letters(self, connection: sqlite3.Connection) -> None:
        """Delete the oldest dead letters beyond a tenth of the size limit."""
        connection.execute(
            "DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries "
            "WHERE dead_because IS NOT NULL ORDER BY id DESC LIMIT -1 OFFSET ?)",
            (max(1, self._limit_bytes // DEAD_LETTER_BYTES),),
        )

    def _check_size(self, connection: sqlite3.Connection) -> None:
        if self._used_bytes(connection) >= self._limit_bytes:
            raise InboxError(
                f"inbox {self._path}: contains {self._limit_bytes} bytes, its limit; check the log "
                "for why its events are not loaded"
            )

    def _used_bytes(self, connection: sqlite3.Connection) -> int:
        ((pages,),) = connection.execute("PRAGMA page_count")
        ((free_pages,),) = connection.execute("PRAGMA freelist_count")
        size: int = (pages - free_pages) * self._page_bytes
        return size

    def is_over_half_full(self) -> bool:
        """Return whether more than half of its size limit is used."""
        with self._transaction() as connection:
            return self._used_bytes(connection) * 2 > self._limit_bytes

    def pending(self, *, limit: int) -> list[PendingEvent]:
        """Return the first `limit` pending events, in the order of their arrival.

        One that cannot be decoded becomes a dead letter: a later release, or damage, wrote it.
        """
        rows = self._rows(
            f"SELECT id, received_at, event FROM deliveries WHERE {IS_PENDING} ORDER BY id LIMIT ?",  # noqa: S608 - a constant
            limit,
        )
        events = []
        for row_id, received_at, encoded in rows:
            if event := _decode_event(encoded):
                events.append(PendingEvent(row_id, datetime.fromisoformat(received_at), event))
            else:
                logger.error("event %d is a dead letter: %s", row_id, NOT_DECODABLE)
                self.dead_letter(row_id, reason=NOT_DECODABLE)
        return events

    def mark_loaded(self, event_ids: Sequence[int]) -> None:
        """Remove events that the target has loaded; keep the keys of those with history."""
        with self._transaction() as connection:
            for event_id in event_ids:
                connection.execute("DELETE FROM deliveries WHERE id = ? AND is_hint", (event_id,))
                connection.execute("UPDATE deliveries SET event = NULL WHERE id = ?", (event_id,))

    def dead_letter(self, event_id: int, *, reason: str) -> None:
        """Make an event a dead letter, so that it does not block others."""
        with self._transaction() as connection:
            connection.execute(
                "UPDATE deliveries SET dead_because = ? WHERE id = ?", (reason, event_id)
            )
            self._limit_dead_letters(connection)

    def dead_letters(self) -> list[DeadLetter]:
        """Return the dead letters, in the order of their arrival."""
        rows = self._rows(
            "SELECT id, received_at, webhook_id, dead_because, event FROM deliveries "
            "WHERE dead_because IS NOT NULL ORDER BY id"
        )
        return [
            DeadLetter(
                row_id,
                datetime.fromisoformat(received_at),
                webhook_id,
                reason,
                _decode_event(encoded) if encoded else None,
            )
            for row_id, received_at, webhook_id, reason, encoded in rows
        ]

    def count_dead_letters(self) -> int:
        """Return the number of dead letters, without decoding them: there may be 100,000."""
        ((count,),) = self._rows("SELECT count(*) FROM deliveries WHERE dead_because IS NOT NULL")
        return int(count)

    def replay(self) -> int:
        """Make all dead letters that are events pending again; return how many."""
        with self._transaction() as connection:
            return connection.execute(
                "UPDATE deliveries SET dead_because = NULL "
                "WHERE dead_because IS NOT NULL AND event IS NOT NULL"
            ).rowcount

    def drop_dead_letters(self, received_before: datetime) -> int:
        """Delete the dead letters that are older than a time; return how many."""
        with self._transaction() as connection:
            return connection.execute(
                "DELETE FROM deliveries WHERE dead_because IS NOT NULL AND received_at < ?",
                (received_before.astimezone(UTC).isoformat(),),
            ).rowcount

    def purge_keys(self, received_before: datetime) -> int:
        """Delete the keys of loaded deliveries that are older than a time; return how many."""
        with self._transaction() as connection:
            return connection.execute(
                f"DELETE FROM deliveries WHERE {IS_LOADED} AND received_at < ?",  # noqa: S608 - a constant
                (received_before.astimezone(UTC).isoformat(),),
            ).rowcount

    def depth(self) -> tuple[int, datetime | None]:
        """Return how many events are pending, and when the oldest of them was received."""
        ((count, oldest),) = self._rows(
            f"SELECT count(*), min(received_at) FROM deliveries WHERE {IS_PENDING}"  # noqa: S608 - a constant
        )
        return count, datetime.fromisoformat(oldest) if oldest else None

    def last_delivery_times(self) -> dict[str, datetime]:
        """Return by webhook id when its latest delivery was received, even a repeated one."""
        rows = self._rows("SELECT webhook_id, received_at FROM heard")
        return {webhook_id: datetime.fromisoformat(received_at) for webhook_id, received_at in rows}

    def _rows(self, query: str, *parameters: int) -> list[tuple[Any, ...]]:
        with self._transaction() as connection:
            return connection.execute(query, parameters).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Commit on success, roll back on any exception. Raises `InboxError`."""
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield self._connection
                    self._connection.execute("COMMIT")
                except BaseException:
                    if self._connection.in_transaction:
                        self._connection.execute("ROLLBACK")
                    raise
            except sqlite3.Error as error:
                raise InboxError(f"inbox {self._path}: {error}") from error


def _add(connection: sqlite3.Connection, delivery: Delivery, now: str) -> bool:
    """Insert a delivery; return whether it is new.

    An event without history replaces an equal pending one: it must be read after the later of them.
    """
    if delivery.has_no_history:
        connection.execute("DELETE FROM deliveries WHERE key = ?", (delivery.key,))
    event = msgspec.json.encode(delivery.event) if delivery.event else None
    with closing(connection.cursor()) as cursor:
        cursor.execute(
            "INSERT INTO deliveries (key, webhook_id, received_at, is_hint, event, dead_because) "
            "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING",
            (
                delivery.key,
                delivery.webhook_id,
                now,
                delivery.has_no_history,
                event,
                delivery.failure_reason,
            ),
        )
        return cursor.rowcount > 0


def _decode_event(encoded: bytes) -> Event | None:
    """Return an event; None if this release cannot decode it."""
    try:
        return msgspec.json.decode(encoded, type=Event)
    except msgspec.DecodeError:
        return None
