"""The rejected records of the store, by the objects that they are versions of."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, cast, get_args

from clickup_receiver.inbox.events import ObjectType
from target_pandev.sql import read_statement

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from clickup_receiver.feed.event_batch import ObjectKey
    from tap_clickup.streams.base import ClickUpStream
    from target_pandev.database import StoreReader

OBJECT_TYPES: Mapping[str, ObjectType] = {
    "tasks": "task",
    "lists": "list",
    "sprints": "list",
    "folders": "folder",
    "spaces": "space",
}
"""The streams whose key ends with the id of an object that can be read alone."""
Aliases: TypeAlias = "Mapping[str, str]"
"""The tap's streams by the names under which they are written."""


@dataclass(frozen=True)
class RejectedObject:
    """The rejected versions of an object, with the reason of the latest.

    `key` is None if a value of it is missing: such records are of one object or of several.
    """

    stream: str
    key: tuple[str, ...] | None
    field: str | None
    reason: str
    first_rejected_at: datetime
    last_rejected_at: datetime
    hashes: tuple[str, ...]


@dataclass(frozen=True)
class LiveObject:
    """An object of ClickUp that can be read alone."""

    workspace_id: str
    key: ObjectKey


def read_rejected(reader: StoreReader) -> list[RejectedObject]:
    """Return all rejected objects by stream, the latest of each first."""
    rows = reader.query_dicts(read_statement("rejected_objects", "pandev.sql"))
    return [
        RejectedObject(**{**row, "key": _decode_key(row["key"]), "hashes": tuple(row["hashes"])})
        for row in rows
    ]


def _decode_key(key: str | None) -> tuple[str, ...] | None:
    """Return the values of a key as text."""
    try:
        values = json.loads(key or "null")
    except ValueError:
        return None
    if not isinstance(values, list) or not values or None in values:
        return None
    return tuple(value if isinstance(value, str) else json.dumps(value) for value in values)


def find_aliases(streams: Mapping[str, ClickUpStream]) -> dict[str, str]:
    """Return the names under which the tap's streams are written with their keys as they are."""
    return {
        alias: name
        for name, stream in streams.items()
        if stream.primary_keys
        for alias, obstacle in stream.obstacles(stream.primary_keys).items()
        if obstacle is None
    }


def find_live_object(rejected: RejectedObject, aliases: Aliases) -> LiveObject | None:
    """Return the object to read for a rejected one; None if it cannot be read alone."""
    match aliases.get(rejected.stream), rejected.key:
        case "statuses", (workspace_id, scope_type, scope_id, _):
            if scope_type in get_args(ObjectType):
                return LiveObject(workspace_id, (cast("ObjectType", scope_type), scope_id))
        case str() as stream, (workspace_id, object_id) if stream in OBJECT_TYPES:
            return LiveObject(workspace_id, (OBJECT_TYPES[stream], object_id))
    return None
