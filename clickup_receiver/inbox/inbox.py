"""Where events wait, durably, between the answer to ClickUp and the work.

One SQLite file: what `add` has returned from survives `kill -9` and the loss of power. It holds
events as `events` has reduced them, never a body. Feeding them is the work of another module.
https://www.sqlite.org/pragma.html#pragma_synchronous
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import RLock
from typing import TYPE_CHECKING, Any

import msgspec

from clickup_receiver.inbox.events import Event
from tap_clickup.errors import ClickUpError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

TABLE = """
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
HEARD = """
CREATE TABLE IF NOT EXISTS heard (webhook_id TEXT PRIMARY KEY, received_at TEXT NOT NULL) STRICT
"""
"""When each webhook sent its latest delivery, known or not."""
WAITING = "event IS NOT NULL AND dead_because IS NULL"
FED = "event IS NULL AND dead_because IS NULL"
INDEX = f"CREATE INDEX IF NOT EXISTS waiting ON deliveries (id) WHERE {WAITING}"
WAIT_SECONDS = 5
"""How long a write waits for another process: ClickUp waits 7 seconds for its answer."""


class InboxError(ClickUpError):
    """The inbox cannot be used, or cannot take more: nothing of what was given to it is stored."""


@dataclass(frozen=True)
class Delivery:
    """A verified delivery; `event` is None if its body is no event, then `dead_because` says why.

    ClickUp repeats a delivery with the same body, so `signature`, a keyed hash of the whole body,
    tells deliveries apart; the ids in it do not: twins and edits of a comment share theirs.
    """

    signature: str
    webhook_id: str
    event: Event | None
    dead_because: str | None = None

    @property
    def is_hint(self) -> bool:
        """Whether it has no history and only means "read this again".

        Two of them may have equal bodies: a folder that is renamed twice.
        """
        return self.event is not None and not self.event.has_history

    @property
    def key(self) -> str:
        """What two deliveries that mean the same have in common."""
        if self.event and self.is_hint:
            return f"{self.event.webhook_id}:{self.event.name}:{self.event.object_id}"
        return self.signature


@dataclass(frozen=True)
class Waiting:
    """An event in the inbox; a smaller `number` came earlier."""

    number: int
    received_at: datetime
    event: Event


@dataclass(frozen=True)
class DeadLetter:
    """A delivery that was given up; without an event there is nothing to replay."""

    number: int
    received_at: datetime
    webhook_id: str
    reason: str
    event: Event | None


class Inbox:
    """The deliveries that were received, fed and given up. Several threads may use it.

    A delivery that was fed leaves its key behind, so that a repetition of it is known.
    """

    def __init__(self, path: Path, *, limit_bytes: int = 2**30) -> None:
        self._path = path
        self._limit_bytes = limit_bytes
        self._lock = RLock()
        self._connection = self._opened()
        ((self._page_bytes,),) = self._connection.execute("PRAGMA page_size")

    def _opened(self) -> sqlite3.Connection:
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
            connection = sqlite3.connect(
                self._path, timeout=WAIT_SECONDS, isolation_level=None, check_same_thread=False
            )
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute(TABLE)
            connection.execute(HEARD)
            connection.execute(INDEX)
        except (OSError, sqlite3.Error) as error:
            raise InboxError(
                f"inbox {self._path}: {error}; expected a file of this receiver that can be "
                "written, or a place where one can be made"
            ) from error
        return connection

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def add(self, deliveries: Sequence[Delivery]) -> list[bool]:
        """Store deliveries durably, all or none; return which of them were not known.

        Raises `InboxError` if they cannot be stored, or if the inbox has reached its limit.
        """
        now = datetime.now(UTC).isoformat()
        with self._transaction() as connection:
            self._check_size(connection)
            for webhook_id in {delivery.webhook_id for delivery in deliveries}:
                connection.execute("INSERT OR REPLACE INTO heard VALUES (?, ?)", (webhook_id, now))
            return [_add(connection, delivery, now) for delivery in deliveries]

    def _check_size(self, connection: sqlite3.Connection) -> None:
        if self._bytes(connection) >= self._limit_bytes:
            raise InboxError(
                f"inbox {self._path}: holds {self._limit_bytes} bytes, its limit; "
                "see why its events are not fed"
            )

    def _bytes(self, connection: sqlite3.Connection) -> int:
        ((pages,),) = connection.execute("PRAGMA page_count")
        ((free,),) = connection.execute("PRAGMA freelist_count")
        size: int = (pages - free) * self._page_bytes
        return size

    def is_crowded(self) -> bool:
        """Return whether more than half of what it may hold is in use."""
        with self._transaction() as connection:
            return self._bytes(connection) * 2 > self._limit_bytes

    def waiting(self, *, limit: int) -> list[Waiting]:
        """Return the events that wait, in the order of their arrival, the first `limit` of them."""
        rows = self._rows(
            f"SELECT id, received_at, event FROM deliveries WHERE {WAITING} ORDER BY id LIMIT ?",  # noqa: S608 - a constant
            limit,
        )
        return [Waiting(number, _moment(at), _event(event)) for number, at, event in rows]

    def fed(self, numbers: Sequence[int]) -> None:
        """Note that events have reached the target: only the keys of those with history stay."""
        with self._transaction() as connection:
            for number in numbers:
                connection.execute("DELETE FROM deliveries WHERE id = ? AND is_hint", (number,))
                connection.execute("UPDATE deliveries SET event = NULL WHERE id = ?", (number,))

    def give_up(self, number: int, *, reason: str) -> None:
        """Make an event a dead letter, so that it holds up no other."""
        with self._transaction() as connection:
            connection.execute(
                "UPDATE deliveries SET dead_because = ? WHERE id = ?", (reason, number)
            )

    def dead_letters(self) -> list[DeadLetter]:
        """Return what was given up, in the order of arrival."""
        rows = self._rows(
            "SELECT id, received_at, webhook_id, dead_because, event FROM deliveries "
            "WHERE dead_because IS NOT NULL ORDER BY id"
        )
        return [
            DeadLetter(number, _moment(at), webhook_id, reason, _event(event) if event else None)
            for number, at, webhook_id, reason, event in rows
        ]

    def replay(self) -> int:
        """Let all dead letters that are events wait again; return how many."""
        with self._transaction() as connection:
            return connection.execute(
                "UPDATE deliveries SET dead_because = NULL "
                "WHERE dead_because IS NOT NULL AND event IS NOT NULL"
            ).rowcount

    def forget(self, before: datetime) -> int:
        """Drop the keys of what was received before a moment and fed; return how many."""
        with self._transaction() as connection:
            return connection.execute(
                f"DELETE FROM deliveries WHERE {FED} AND received_at < ?",  # noqa: S608 - a constant
                (before.astimezone(UTC).isoformat(),),
            ).rowcount

    def depth(self) -> tuple[int, datetime | None]:
        """Return how many events wait, and since when the oldest does."""
        ((count, oldest),) = self._rows(
            f"SELECT count(*), min(received_at) FROM deliveries WHERE {WAITING}"  # noqa: S608 - a constant
        )
        return count, _moment(oldest) if oldest else None

    def heard(self) -> dict[str, datetime]:
        """Return when each webhook sent its latest delivery, a repeated one too."""
        rows = self._rows("SELECT webhook_id, received_at FROM heard")
        return {webhook_id: _moment(at) for webhook_id, at in rows}

    def _rows(self, query: str, *parameters: int) -> list[tuple[Any, ...]]:
        with self._transaction() as connection:
            return connection.execute(query, parameters).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Commit what is done inside, or nothing of it."""
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
    """Insert a delivery; a hint takes the place of an equal one that still waits."""
    if delivery.is_hint:
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
                delivery.is_hint,
                event,
                delivery.dead_because,
            ),
        )
        return cursor.rowcount > 0


def _event(encoded: bytes) -> Event:
    return msgspec.json.decode(encoded, type=Event)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
