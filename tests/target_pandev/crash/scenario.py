"""A run's messages, numbered, and in plain Python what the store must hold after each of them."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from tests.target_pandev.loading import (
    COMPLETED_READS,
    TASKS_WITH_STATUS,
    TIMESTAMP,
    completed,
    record,
    schema,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    Message = dict[str, Any]
    Key = tuple[str, str]

LENGTH = 160
KEYS = {"things": "id", "notes": "id", "tasks": "id", "commits": "sha"}
"""The streams with a key, and the column that distinguishes their rows here."""
NUMBER = {"things": "n", "notes": "n", "tasks": "points", "commits": "author_name"}
"""The column that holds the number of the message that a row came from."""
THINGS = schema("things", {"id": "string", "n": "integer", "more": "integer"}, ["id"])
WIDER_THINGS = schema(
    "things", {"id": "string", "n": "integer", "more": "string", "late": "string"}, ["id"]
)
SCHEMAS = [
    THINGS,
    schema(
        "notes", {"id": "string", "n": "integer", "updated": TIMESTAMP}, ["id"], bookmark="updated"
    ),
    TASKS_WITH_STATUS,
    schema(
        "commits",
        {"repository_id": "string", "sha": "string", "author_name": "string", "message": "string"},
        ["repository_id", "sha"],
    ),
    schema("events", {"n": "integer"}),
    COMPLETED_READS,
]
WIDENING = LENGTH // 2
"""The message that gives things one more column, and another type."""


def time_of(n: int) -> datetime:
    """Return when message n was read."""
    return datetime(2026, 3, 1, 10, tzinfo=UTC) + timedelta(minutes=n)


@dataclass(frozen=True)
class Row:
    """The compared parts of a row: the message that it came from, and the time of its deletion."""

    n: int
    deleted_at: datetime | None = None


@dataclass
class Model:
    """The rows of the keyed streams, and what each of them has been since a message."""

    rows: dict[Key, Row] = field(default_factory=dict)
    history: list[tuple[int, Key, Row]] = field(default_factory=list)

    def put(self, n: int, key: Key, row: Row) -> None:
        """Note what a row is from a message on."""
        self.rows[key] = row
        self.history.append((n, key, row))

    def mark(self, n: int, key: Key, *, since: int) -> None:
        """Mark a row as deleted at an earlier message, unless it is marked with a later time."""
        row = self.rows[key]
        if row.deleted_at is None or row.deleted_at < time_of(since):
            self.put(n, key, replace(row, deleted_at=time_of(since)))

    def possible(self, acknowledged: int) -> dict[Key, set[Row | None]]:
        """Return what a row may be once all up to a message is stored, and more perhaps is."""
        may_be: dict[Key, set[Row | None]] = {key: {None} for key in self.rows}
        for n, key, row in self.history:
            if n <= acknowledged:
                may_be[key] = {row}
            else:
                may_be[key].add(row)
        return may_be


@dataclass(frozen=True)
class Scenario:
    """The messages of a whole run, the same in each; message n is the state n or has its number."""

    messages: list[Message]
    model: Model

    def sent(self, *, after: int | None) -> list[Message]:
        """Return what a tap sends that begins after a state, or has none."""
        begin = 0 if after is None else after + 1
        schemas = [WIDER_THINGS, *SCHEMAS[1:]] if begin > WIDENING else SCHEMAS
        return [*schemas, *self.messages[begin:]]


def encoded(messages: Sequence[Message]) -> bytes:
    """Return messages as lines."""
    return b"".join(json.dumps(message).encode() + b"\n" for message in messages)


def events(messages: Sequence[Message]) -> Counter[int]:
    """Return the numbers of the events among messages."""
    return Counter(
        int(message["record"]["n"])
        for message in messages
        if message["type"] == "RECORD" and message["stream"] == "events"
    )


@cache
def scenario() -> Scenario:
    """Return the scenario: rows updated, deleted, revived or missing in a read; statuses, ids."""
    model = Model()
    return Scenario([_message(n, model) for n in range(LENGTH)], model)


def _message(n: int, model: Model) -> Message:
    if n == WIDENING:
        return WIDER_THINGS
    if n % 8 == 7 or n == LENGTH - 1:
        return {"type": "STATE", "value": {"n": n}}
    if n % 40 == 28:
        return _completed(n, model)
    stream = ("things", "notes", "tasks", "commits", "events", "things")[n % 6]
    name = f"{stream[:-1]}{n * 7 % 11}"
    key = (stream, name)
    if stream in {"things", "notes", "tasks"} and n % 5 == 3 and key in model.rows:
        model.mark(n, key, since=n)
        ids = {"id": name, **({"workspace_id": "900"} if stream == "tasks" else {})}
        return record(stream, {**ids, "_sdc_deleted_at": time_of(n).isoformat()})
    if stream != "events":
        model.put(n, key, Row(n))
    return record(stream, _values(stream, name, n), at=time_of(n).isoformat())


def _values(stream: str, name: str, n: int) -> dict[str, Any]:
    if stream == "things":
        wide = {"more": str(n), "late": f"late {n}"} if n > WIDENING else {"more": n}
        return {"id": name, "n": n, **wide}
    if stream == "notes":
        return {"id": name, "n": n, "updated": time_of(n).isoformat()}
    if stream == "tasks":
        status = ("open", "doing", "done")[n // 40 % 3]
        types = {"open": "open", "doing": "custom", "done": "closed"}
        return {
            "workspace_id": "900",
            "id": name,
            "points": n,
            "status": status,
            "status_id": f"status {status}",
            "status_type": types[status],
            "date_updated": time_of(n).isoformat(),
        }
    if stream == "commits":
        message = f"CU-task{n % 11}, CU-task{n % 7}"
        return {"repository_id": "r", "sha": name, "author_name": str(n), "message": message}
    return {"n": n}


def _completed(n: int, model: Model) -> Message:
    """Return a read of things that misses two of those that are there."""
    since = n - 3
    existing = sorted(name for (stream, name), row in model.rows.items() if stream == "things")
    alive = [name for name in existing if model.rows["things", name].deleted_at is None]
    older = [name for name in alive if model.rows["things", name].n < since]
    returned = [name for name in alive if name not in older[:2]]
    for name in set(alive) - set(returned):
        model.mark(n, ("things", name), since=since)
    return completed("things", returned, started="", started_at=time_of(since).isoformat())
