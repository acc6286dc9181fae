"""Validate settings and state before the first request. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

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
    _validate_timestamp("start_date", config.get("start_date"))
    try:
        re.compile(config["sprint_folder_pattern"])
    except re.error as error:
        raise ConfigurationError(
            f"sprint_folder_pattern: expected a regular expression such as sprint ({error})"
        ) from None


def validate_state(state: Any) -> None:
    """Raise `ConfigurationError` if the state was not written by this tap."""
    try:
        for name, value in _state_timestamps(state):
            _validate_timestamp(name, value)
        _validate_sent_days(state)
    except (AttributeError, KeyError, TypeError):
        raise ConfigurationError(
            "state: not a state of tap-clickup; pass the last STATE of a run, or no state"
        ) from None


def partitions(state: Mapping[str, Any], stream: str) -> list[dict[str, Any]]:
    """Return the partitions of a stream's state, one per workspace."""
    bookmarks: Mapping[str, Any] = state.get("bookmarks", {})
    stream_partitions: list[dict[str, Any]] = bookmarks.get(stream, {}).get("partitions", [])
    return stream_partitions


def _state_timestamps(state: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the name and the value of each timestamp in the state."""
    bookmarks = state.get("bookmarks", {}).values()
    if not all(isinstance(bookmark, dict) for bookmark in bookmarks):
        raise TypeError
    for stream in ("tasks", "time_entries", "time_in_status"):
        for partition in partitions(state, stream):
            location = f"state of {stream} in {partition['context']}"
            for name in ("start_date", "read_until"):
                yield f"{location}, {name}", partition.get(name)
            for cursors_of in (partition, partition.get("tasks", {})):
                for name, cursor in cursors_of.get("cursors", {}).items():
                    yield f"{location}, cursor {name}", cursor
            for space_id, walk in partition.get("walks", {}).items():
                if not isinstance(walk["lists"], str):
                    raise TypeError
                yield f"{location}, walk of space {space_id}", walk.get("at")


def _validate_sent_days(state: Mapping[str, Any]) -> None:
    for partition in partitions(state, "time_entries"):
        if not all(isinstance(days, dict) for days in partition.get("sent", {}).values()):
            raise TypeError


def _validate_timestamp(name: str, value: Any) -> None:
    """Raise `ConfigurationError` unless the value is a date, a timestamp or missing."""
    try:
        parse_timestamp(value or "1970-01-01")
    except (TypeError, ValueError):
        raise ConfigurationError(
            f"{name}: expected a date or timestamp such as 2026-01-31"
        ) from None
