"""Determine which properties the setting `stream_maps` changes. Pure."""

from __future__ import annotations

from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

REMOVED = (None, "__NULL__")


def stream_map_definitions(stream: str, stream_maps: Mapping[str, Any]) -> list[Any]:
    """Return the definition of each of the SDK's stream maps of a stream, in the SDK's order.

    The first is that of the stream itself, the others add streams by `__source__`. See
    `singer_sdk.mapper.PluginMapper.register_raw_stream_schema`, which keeps no definition.
    """
    definitions: list[Any] = [{}]
    for name, definition in stream_maps.items():
        is_added = isinstance(definition, dict) and "__source__" in definition
        if not fnmatch(stream, definition["__source__"] if is_added else name):
            continue
        if is_added:
            definitions.append(definition)
        else:
            definitions[0] = definition
    return definitions


def find_obstacle(
    definition: Mapping[str, Any], properties: Iterable[str], *, primary_keys: Sequence[str]
) -> str | None:
    """Return why a stream map does not let rows be identified by properties, or None if it does."""
    key = definition.get("__key_properties__", primary_keys)
    for name in properties:
        expression = definition.get(name, None if "__else__" in definition else name)
        if expression in REMOVED:
            return f"stream_maps removes {name}"
        if expression not in (name, "self"):
            return f"stream_maps changes {name}"
    if key and (missing := sorted(set(primary_keys) - set(key))):
        return f"stream_maps removes {', '.join(missing)} from its key"
    return None
