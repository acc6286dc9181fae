"""Checks of settings and state, before the first request. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tap_clickup.conversions import parse_timestamp
from tap_clickup.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def validate_config(config: Mapping[str, Any]) -> None:
    """Raise `ConfigurationError` if a setting has the right type and still cannot work."""
    _check_moment("start_date", config.get("start_date"))
    try:
        re.compile(config["sprint_folder_pattern"])
    except re.error as error:
        raise ConfigurationError(
            f"sprint_folder_pattern: expected a regular expression such as sprint ({error})"
        ) from None


def validate_state(state: Any) -> None:
    """Raise `ConfigurationError` if the state is none of this tap's."""
    try:
        for name, value in _moments(state):
            _check_moment(name, value)
    except (AttributeError, KeyError, TypeError):
        raise ConfigurationError(
            "state: not as tap-clickup writes it; give the last STATE of a run, or none"
        ) from None


def partitions(state: Mapping[str, Any], stream: str) -> list[dict[str, Any]]:
    """Return the parts of a stream's state, one a workspace."""
    bookmarks: Mapping[str, Any] = state.get("bookmarks", {})
    found: list[dict[str, Any]] = bookmarks.get(stream, {}).get("partitions", [])
    return found


def _moments(state: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    if not all(isinstance(one, dict) for one in state.get("bookmarks", {}).values()):
        raise TypeError
    for stream in ("tasks", "time_entries", "time_in_status"):
        for partition in partitions(state, stream):
            where = f"state of {stream} in {partition['context']}"
            for name in ("start_date", "read_until"):
                yield f"{where}, {name}", partition.get(name)
            for part in (partition, partition.get("tasks", {})):
                for name, cursor in part.get("cursors", {}).items():
                    yield f"{where}, cursor {name}", cursor


def _check_moment(name: str, value: Any) -> None:
    try:
        parse_timestamp(value or "1970-01-01")
    except (TypeError, ValueError):
        raise ConfigurationError(f"{name}: expected a moment such as 2026-01-31") from None
