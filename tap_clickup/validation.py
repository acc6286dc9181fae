"""Validate settings and state before the first request. Pure."""

from __future__ import annotations

import re
from datetime import UTC
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from tap_clickup.conversions import parse_timestamp
from tap_clickup.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jsonschema import ValidationError

EXPECTATIONS = {
    "minimum": "expected at least {}",
    "maximum": "expected at most {}",
    "pattern": "expected text that matches {}",
}
"""Descriptions of JSON Schema's rules, by the name of the rule."""
FLATTENING_UNSUPPORTED = (
    "flattening_enabled: tap-clickup does not flatten, as that turns arrays into text and keeps "
    "deletions from being marked; set flattening_enabled of target-pandev instead"
)


class _Context(Struct):
    workspace_id: str


class _Walk(Struct):
    lists: str
    at: Any = None
    webhook: str | None = None


class _Backlog(Struct):
    cursors: dict[str, Any]


class _Partition(Struct):
    """A workspace's part of the state of any stream; its timestamps are validated later."""

    context: _Context
    start_date: Any = UNSET
    read_until: Any = UNSET
    cursors: dict[str, Any] = {}
    spaces: list[str] | None = None
    walks: dict[str, _Walk] = {}
    user_ids: list[str] = []
    sees: str = ""
    sent: dict[str, dict[str, str]] = {}
    tasks: _Backlog | UnsetType = UNSET


class _Bookmark(Struct):
    partitions: list[_Partition] = []


class _State(Struct):
    bookmarks: dict[str, _Bookmark] = {}


def describe_invalid_setting(error: ValidationError) -> str:
    """Return the name of an invalid setting and what was expected, without its value."""
    if "flattening_enabled" in error.absolute_path:
        return FLATTENING_UNSUPPORTED
    settings: Any = error.instance
    schema: Any = error.schema
    rule = str(error.validator)
    expected: Any = error.validator_value
    if rule == "required":
        missing = [name for name in expected if name not in settings]
        return "; ".join(f"{name}: missing" for name in missing)
    if rule == "additionalProperties":
        unknown = sorted(settings.keys() - schema["properties"].keys())
        return "; ".join(f"unknown setting {name}" for name in unknown)
    name = ".".join(map(str, error.absolute_path))
    if rule == "type":
        types = [expected] if isinstance(expected, str) else expected
        return f"{name}: expected {' or '.join(types)}"
    if rule in EXPECTATIONS:
        return f"{name}: {EXPECTATIONS[rule].format(expected)}"
    return f"{name}: violates the rule {rule} of its schema"


def validate_config(config: Mapping[str, Any]) -> None:
    """Raise `ConfigurationError` if a setting has the right type but an invalid value."""
    if start_date := config.get("start_date"):
        _validate_timestamp("start_date", start_date)
    try:
        re.compile(config["sprint_folder_pattern"])
    except re.error as error:
        raise ConfigurationError(
            f"sprint_folder_pattern: expected a regular expression such as sprint ({error})"
        ) from None


def validate_state(state: Any) -> None:
    """Raise `ConfigurationError` if the state was not written by this tap."""
    try:
        bookmarks = msgspec.convert(state, _State).bookmarks
    except msgspec.ValidationError:
        raise ConfigurationError(
            "state: not a state of tap-clickup; pass the last STATE of a run, or no state"
        ) from None
    for stream, bookmark in bookmarks.items():
        for partition in bookmark.partitions:
            context = {"workspace_id": partition.context.workspace_id}
            for name, value in _timestamps(partition):
                _validate_timestamp(f"state of {stream} in {context}, {name}", value)


def partitions(state: Mapping[str, Any], stream: str) -> list[dict[str, Any]]:
    """Return the partitions of a stream's state, one per workspace."""
    bookmarks: Mapping[str, Any] = state.get("bookmarks", {})
    stream_partitions: list[dict[str, Any]] = bookmarks.get(stream, {}).get("partitions", [])
    return stream_partitions


def _timestamps(partition: _Partition) -> Iterator[tuple[str, Any]]:
    """Yield the name and the value of each timestamp in a workspace's part of the state."""
    for name in ("start_date", "read_until"):
        if (value := getattr(partition, name)) is not UNSET:
            yield name, value
    cursors = partition.cursors | (partition.tasks.cursors if partition.tasks else {})
    for name, cursor in cursors.items():
        yield f"cursor {name}", cursor
    for space_id, walk in partition.walks.items():
        if walk.at is not None:
            yield f"walk of space {space_id}", walk.at


def _validate_timestamp(name: str, value: Any) -> None:
    """Raise `ConfigurationError` unless the value is a date or a timestamp."""
    try:
        parse_timestamp(value).astimezone(UTC)
    except (OverflowError, TypeError, ValueError):
        raise ConfigurationError(
            f"{name}: expected a date or timestamp such as 2026-01-31"
        ) from None
