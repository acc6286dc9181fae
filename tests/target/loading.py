"""What tests of the target share: loading messages into a database of their own, reading rows."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import psycopg

from target_pandev.target import TargetPandev

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

READ_AT = "2026-03-01T10:00:00+00:00"


class Loader:
    """Messages in, rows out: one target run a call of `load`."""

    def __init__(self, database: str) -> None:
        self.database = database
        self.connection = psycopg.connect(database, autocommit=True)
        self.connection.execute("SET search_path = pandev")
        self.connection.execute("SET timezone = 'UTC'")

    def load(self, *messages: Mapping[str, Any] | str, **settings: Any) -> None:
        """Run the target over messages; text is taken as a line that is written already."""
        lines = [one if isinstance(one, str) else json.dumps(one) for one in messages]
        target = TargetPandev(config={"store_url": self.database, **settings})
        try:
            target.listen(io.BytesIO("\n".join(lines).encode("utf-8", "surrogatepass")))  # type: ignore[arg-type]
        finally:
            target.close()

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
    """Return a RECORD message read at a moment."""
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
