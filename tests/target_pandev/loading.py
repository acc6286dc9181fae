"""What tests of the target share: loading messages into a database of their own, reading rows."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import psycopg

from target_pandev.database.people import derive_all_people
from target_pandev.database.resolved_links import resolve_all_links
from target_pandev.database.transitions import derive_all_transitions
from target_pandev.target import TargetPandev

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

READ_AT = "2026-03-01T10:00:00+00:00"


def load(database: str, *messages: Mapping[str, Any] | str, **settings: Any) -> None:
    """Run the target over messages; text is taken as a line that is written already."""
    lines = [message if isinstance(message, str) else json.dumps(message) for message in messages]
    target = TargetPandev(config={"store_url": database, **settings})
    try:
        target.listen(io.BytesIO("\n".join(lines).encode("utf-8", "surrogatepass")))  # type: ignore[arg-type]
    finally:
        target.close()


class Loader:
    """Messages in, rows out: one target run a call of `load`."""

    def __init__(self, database: str) -> None:
        self.database = database
        self.connection = psycopg.connect(database, autocommit=True)
        self.connection.execute("SET search_path = pandev")
        self.connection.execute("SET timezone = 'UTC'")

    def load(self, *messages: Mapping[str, Any] | str, **settings: Any) -> None:
        """Run the target over messages; text is taken as a line that is written already."""
        load(self.database, *messages, **settings)

    def derive_transitions(self) -> None:
        """Derive all status transitions, as after an upgrade: for rows that no load has stored."""
        with self.connection.transaction():
            derive_all_transitions(self.connection)

    def derive_people(self) -> None:
        """Derive who made the commits, as after an upgrade: for rows that no load has stored."""
        with self.connection.transaction():
            derive_all_people(self.connection)

    def resolve_links(self) -> None:
        """Resolve all references, as after an upgrade: for rows that no load has stored."""
        with self.connection.transaction():
            resolve_all_links(self.connection)

    def rows(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a statement."""
        return self.connection.execute(statement.encode(), parameters or None).fetchall()


def schema(
    stream: str,
    properties: Mapping[str, Any],
    key: Sequence[str] = (),
    *,
    bookmark: str | None = None,
) -> dict[str, Any]:
    """Return a SCHEMA message; a property may be given by its type's word."""
    full = {
        name: {"type": [of, "null"]} if isinstance(of, str) else of
        for name, of in properties.items()
    }
    return {
        "type": "SCHEMA",
        "stream": stream,
        "schema": {"type": "object", "properties": full},
        "key_properties": list(key),
        **({"bookmark_properties": [bookmark]} if bookmark else {}),
    }


def record(stream: str, values: Mapping[str, Any], *, at: str | None = READ_AT) -> dict[str, Any]:
    """Return a RECORD message read at a time."""
    message = {"type": "RECORD", "stream": stream, "record": values}
    return message if at is None else {**message, "time_extracted": at}


THINGS = schema(
    "things",
    {
        "id": "string",
        "amount": "number",
        "count": "integer",
        "on": {"type": "string", "format": "date"},
        "at": {"type": ["string", "null"], "format": "date-time"},
        "flag": "boolean",
        "nested": {"type": ["object", "null"]},
        "Order": "string",
    },
    ["id"],
)
"""A stream with a property of each kind."""

TIMESTAMP = {"type": ["string", "null"], "format": "date-time"}
TASKS = schema(
    "tasks",
    {"workspace_id": "string", "id": "string", "name": "string"},
    ["workspace_id", "id"],
)
TASKS_WITH_STATUS = schema(
    "tasks",
    {
        "workspace_id": "string",
        "id": "string",
        "points": "number",
        "status": "string",
        "status_id": "string",
        "status_type": "string",
        "date_updated": TIMESTAMP,
    },
    ["workspace_id", "id"],
    bookmark="date_updated",
)
MARKS = "SELECT id, _sdc_deleted_at FROM {} ORDER BY id"
"""What is marked in a table."""
COMPLETED_READS = schema(
    "completed_reads",
    {
        "workspace_id": "string",
        "stream": "string",
        "scope": "string",
        "started_at": {"type": "string", "format": "date-time"},
        "finished_at": {"type": "string", "format": "date-time"},
        "conditions": "object",
        "key_properties": "array",
        "count": "integer",
        "keys": "array",
    },
    ["workspace_id", "stream", "scope"],
)


def completed(
    stream: str, keys: Sequence[Any], *, started: str, where: Any = None, **more: Any
) -> dict[str, Any]:
    """Return the record of a read that found these keys; a key of one value stands for itself.

    `started` is a time of the day of `READ_AT`; `more` replaces what else the record holds.
    """
    values = {
        "workspace_id": "900",
        "stream": stream,
        "scope": "all",
        "started_at": f"2026-03-01T{started}:00+00:00",
        "finished_at": "2026-03-01T20:00:00+00:00",
        "conditions": where or {},
        "key_properties": ["id"],
        "count": len(keys),
        "keys": [key if isinstance(key, list) else [key] for key in keys],
    }
    return record("completed_reads", {**values, **more})


def at(time: str) -> datetime:
    """Return a time of the day of all readings."""
    return datetime.fromisoformat(f"2026-03-01T{time}").replace(tzinfo=UTC)


def task(name: str, *, workspace: str = "900", read: str = "10:00", **more: str) -> dict[str, Any]:
    """Return the record of a task that was read at a time of the day."""
    return record("tasks", {"workspace_id": workspace, "id": name, **more}, at=at(read).isoformat())


NOTES = schema(
    "notes", {"id": "string", "text": "string", "updated": TIMESTAMP}, ["id"], bookmark="updated"
)
UNVERSIONED_NOTES = schema("notes", {"id": "string", "text": "string"}, ["id"])


def note(text: str, read: str) -> dict[str, Any]:
    """Return a reading of the one note, changed since the reading before."""
    time = at(read).isoformat()
    return record("notes", {"id": "1", "text": text, "updated": time}, at=time)
