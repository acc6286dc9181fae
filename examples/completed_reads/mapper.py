"""Mark rows that are gone by `_sdc_deleted_at`, for a target that does not know completed reads.

    tap-clickup --config=ENV | python -m examples.completed_reads.mapper --rows rows.sqlite | target

Every record gets the property `_sdc_deleted_at`. A completed read is not passed on: each row of its
scope that is gone is sent once more, as it was, with the time at which it was missed. A row that is
found again is sent without the mark. The file has the last record of each row, because a target
replaces rows as a whole.

A target may fail after it got a mark, which this filter cannot know. Therefore marks that are less
than a week old are sent again with each read of their scope.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from examples.completed_reads.memory import Memory, Row
from examples.completed_reads.scopes import Record, as_time, find_fault, matches, too_many

if TYPE_CHECKING:
    from collections.abc import Iterable

STREAM = "completed_reads"
MARK = "_sdc_deleted_at"
MARK_SCHEMA = {"type": ["string", "null"], "format": "date-time"}
SENT_AGAIN = timedelta(days=7)


class Mapper:
    """Passes on the messages of a tap, with marks."""

    def __init__(self, memory: Memory, output: TextIO, max_share: float) -> None:
        self._memory = memory
        self._output = output
        self._max_share = max_share
        self._keys: dict[str, list[str]] = {}
        self.refused = 0

    def run(self, lines: Iterable[str]) -> None:
        """Pass on all messages; a state is sent once everything before it is kept."""
        for line in lines:
            message = json.loads(line)
            handle = {"SCHEMA": self._schema, "RECORD": self._record, "STATE": self._state}
            handle.get(message["type"], self._send)(message)
        self._output.flush()

    def _send(self, message: dict[str, Any]) -> None:
        if message["type"] == "BATCH":
            raise SystemExit("completed reads cannot be applied to BATCH messages")
        self._output.write(json.dumps(message) + "\n")

    def _state(self, message: dict[str, Any]) -> None:
        self._memory.commit()
        self._send(message)
        self._output.flush()

    def _schema(self, message: dict[str, Any]) -> None:
        if message["stream"] == STREAM:
            return
        self._keys[message["stream"]] = message["key_properties"]
        message["schema"]["properties"][MARK] = MARK_SCHEMA
        self._send(message)

    def _record(self, message: dict[str, Any]) -> None:
        stream, record = message["stream"], message["record"]
        if stream == STREAM:
            self._apply(record)
            return
        extracted = message.get("time_extracted") or datetime.now(UTC).isoformat()
        key = json.dumps([record[name] for name in self._keys[stream]])
        mark, changed = self._memory.mark_of(stream, key)
        if mark and as_time(extracted) >= as_time(mark):
            mark, changed = None, None
        row = Row(stream, key, record, extracted, mark, changed)
        self._memory.put(row)
        self._send({**message, "record": {**record, MARK: mark}})

    def _apply(self, read: Record) -> None:
        """Mark what a completed read did not find, and unmark what it found."""
        name = f"{read['stream']} {read['scope']}"
        if fault := find_fault(read, set(self._keys)):
            self._refuse(f"{name}: {fault}")
            return
        scope = json.dumps([read["workspace_id"], read["stream"], read["scope"]])
        started_at = as_time(read["started_at"]).astimezone(UTC).isoformat()
        rows = [row for row in self._memory.rows(read["stream"]) if matches(row.record, read)]
        existing = {json.dumps(key) for key in read["keys"]}
        found = {row.key: key_of(row, read) in existing for row in rows}
        missed = [row for row in rows if not found[row.key] and is_unseen(row, started_at)]
        if too_many(sum(row.deleted_at is None for row in missed), len(rows), self._max_share):
            self._refuse(f"{name}: {len(missed)} of {len(rows)} rows would be marked")
            return
        if not self._memory.is_newest(scope, started_at):
            return
        for row in missed:
            self._mark(row, row.deleted_at or started_at)
        for row in rows:
            if found[row.key] and not (row.deleted_at and row.deleted_at > started_at):
                self._mark(row, None)

    def _refuse(self, reason: str) -> None:
        self.refused += 1
        sys.stderr.write(f"completed read refused: {reason}\n")

    def _mark(self, row: Row, mark: str | None) -> None:
        """Set or remove a mark, and send the row if it changes or changed lately."""
        now = datetime.now(UTC)
        if row.deleted_at != mark:
            row.deleted_at, row.changed = mark, now.isoformat()
            self._memory.put(row)
        if row.changed and now - as_time(row.changed) < SENT_AGAIN:
            record = {**row.record, MARK: mark}
            message = {"type": "RECORD", "stream": row.stream, "record": record}
            self._send({**message, "time_extracted": row.extracted})


def key_of(row: Row, read: Record) -> str:
    """Return the key of a row, as a completed read lists it."""
    return json.dumps([row.record.get(name) for name in read["key_properties"]])


def is_unseen(row: Row, started_at: str) -> bool:
    """Return whether a row was last read before a completed read began."""
    return as_time(row.extracted) < as_time(started_at)


def main() -> None:
    """Run as a filter; the exit code is 1 if a completed read was refused."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "--rows", type=Path, required=True, help="SQLite file of the rows passed on"
    )
    parser.add_argument("--max-deleted-share", type=float, default=0.2, help="of a scope's rows")
    options = parser.parse_args()
    memory = Memory(options.rows)
    mapper = Mapper(memory, sys.stdout, options.max_deleted_share)
    try:
        mapper.run(sys.stdin)
    finally:
        memory.close()
    sys.exit(1 if mapper.refused else 0)


if __name__ == "__main__":
    main()
