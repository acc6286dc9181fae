"""The last record of each row that was passed on, and its mark, in a SQLite file of the user."""

from __future__ import annotations

import os
import sqlite3
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from singer_sdk.contrib.msgspec import decoder, encoder
from singer_sdk.singerlib import RecordMessage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from mapper_completed_reads.completed_reads import CompletedRead

MARK = "_sdc_deleted_at"
TABLES = """
CREATE TABLE IF NOT EXISTS rows (
    stream TEXT, key TEXT, record TEXT, extracted_at TEXT, deleted_at TEXT, marked_at TEXT,
    PRIMARY KEY (stream, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS reads (scope TEXT PRIMARY KEY, started_at TEXT) WITHOUT ROWID;
"""
PUT = """
INSERT INTO rows (stream, key, record, extracted_at) VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET
    record = excluded.record,
    extracted_at = excluded.extracted_at,
    deleted_at = CASE WHEN excluded.extracted_at < deleted_at THEN deleted_at END,
    marked_at = CASE WHEN excluded.extracted_at < deleted_at THEN marked_at END
"""


class Row(NamedTuple):
    """A row of a scope; timestamps are in UTC. `marked_at` is when its mark last changed."""

    is_found: bool
    key: str
    extracted_at: str
    deleted_at: str | None
    marked_at: str | None

    def mark_by(self, started_at: str) -> str | None:
        """Return its mark after a completed read that started then."""
        if not self.is_found:
            is_seen = self.extracted_at >= started_at
            return self.deleted_at or (None if is_seen else started_at)
        is_later = self.deleted_at and self.deleted_at > started_at
        return self.deleted_at if is_later else None


def encode(value: object) -> str:
    """Return a value as JSON."""
    return encoder.encode(value).decode()


class Rows:
    """The rows, and the latest completed read of each scope."""

    def __init__(self, path: Path) -> None:
        """Open the file; others cannot read it, since it has what the target gets."""
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self._database = sqlite3.connect(path)
        self._database.executescript(TABLES)
        self.commit = self._database.commit
        self.close = self._database.close

    def put(self, message: RecordMessage, key_properties: Sequence[str]) -> str | None:
        """Keep a record; return the mark of its row, which an older record does not remove."""
        row = (message.stream, encode([message.record[name] for name in key_properties]))
        extracted_at = (message.time_extracted or datetime.now(UTC)).isoformat()
        self._database.execute(PUT, (*row, encode(message.record), extracted_at))
        query = "SELECT deleted_at FROM rows WHERE stream = ? AND key = ?"
        mark: str | None = self._database.execute(query, row).fetchone()[0]
        return mark

    def find(self, read: CompletedRead) -> list[Row]:
        """Return the rows in the scope of a completed read."""
        existing = {encode(key) for key in read.keys}
        rows = []
        query = "SELECT record, key, extracted_at, deleted_at, marked_at FROM rows WHERE stream = ?"
        for text, key, *timestamps in self._database.execute(query, (read.stream,)):
            record = decoder.decode(text)
            if read.matches(record):
                listed = encode([record.get(name) for name in read.key_properties])
                rows.append(Row(listed in existing, key, *timestamps))
        return rows

    def is_newest(self, read: CompletedRead) -> bool:
        """Note a completed read; return whether no newer one of its scope was applied."""
        scope = encode([read.workspace_id, read.stream, read.scope])
        query = "SELECT started_at FROM reads WHERE scope = ?"
        row = self._database.execute(query, (scope,)).fetchone()
        if row and row[0] >= read.started_at:
            return False
        values = (scope, read.started_at)
        self._database.execute("INSERT OR REPLACE INTO reads VALUES (?, ?)", values)
        return True

    def mark(self, stream: str, marks: Mapping[str, str | None]) -> None:
        """Set or remove the marks of these keys."""
        now = datetime.now(UTC).isoformat()
        self._database.executemany(
            "UPDATE rows SET deleted_at = ?, marked_at = ? WHERE stream = ? AND key = ?",
            [(mark, now, stream, key) for key, mark in marks.items()],
        )

    def load(self, stream: str, key: str) -> RecordMessage:
        """Return the last record of a row, with its mark."""
        query = "SELECT record, extracted_at, deleted_at FROM rows WHERE stream = ? AND key = ?"
        text, extracted_at, mark = self._database.execute(query, (stream, key)).fetchone()
        record = {**decoder.decode(text), MARK: mark}
        return RecordMessage(stream, record, time_extracted=datetime.fromisoformat(extracted_at))
