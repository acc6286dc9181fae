"""The last record of each row that was passed on, and its mark, in a SQLite file of the user."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from examples.completed_reads.scopes import Record

TABLES = """
CREATE TABLE IF NOT EXISTS rows (
    stream TEXT, key TEXT, record TEXT, extracted TEXT, deleted_at TEXT, changed TEXT,
    PRIMARY KEY (stream, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS reads (scope TEXT PRIMARY KEY, started_at TEXT) WITHOUT ROWID;
"""


@dataclass
class Row:
    """A row; `changed` is when its mark was set or removed."""

    stream: str
    key: str
    record: Record
    extracted: str
    deleted_at: str | None = None
    changed: str | None = None


class Memory:
    """The rows and the latest completed read of each scope."""

    def __init__(self, path: Path) -> None:
        """Open the file; others cannot read it, since it has what the target gets."""
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self._database = sqlite3.connect(path)
        self._database.executescript(TABLES)

    def close(self) -> None:
        """Commit and close."""
        self._database.commit()
        self._database.close()

    def commit(self) -> None:
        """Keep what was passed on."""
        self._database.commit()

    def mark_of(self, stream: str, key: str) -> tuple[str | None, str | None]:
        """Return the mark of a row, and when that was set or removed."""
        query = "SELECT deleted_at, changed FROM rows WHERE stream = ? AND key = ?"
        row = self._database.execute(query, (stream, key)).fetchone()
        return (row[0], row[1]) if row else (None, None)

    def put(self, row: Row) -> None:
        """Keep a row in its present form."""
        values = (row.stream, row.key, json.dumps(row.record), row.extracted)
        self._database.execute(
            "INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?, ?, ?)",
            (*values, row.deleted_at, row.changed),
        )

    def rows(self, stream: str) -> Iterator[Row]:
        """Yield all rows of a stream."""
        query = "SELECT * FROM rows WHERE stream = ?"
        with closing(self._database.execute(query, (stream,))) as found:
            for name, key, record, *others in found:
                yield Row(name, key, json.loads(record), *others)

    def is_newest(self, scope: str, started_at: str) -> bool:
        """Note a completed read; return whether no newer one of its scope was applied."""
        query = "SELECT started_at FROM reads WHERE scope = ?"
        row = self._database.execute(query, (scope,)).fetchone()
        if row and row[0] >= started_at:
            return False
        self._database.execute("INSERT OR REPLACE INTO reads VALUES (?, ?)", (scope, started_at))
        return True
