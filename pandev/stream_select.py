"""The streams and fields that Meltano lets a tap emit, by the `select` of a project. Pure."""

from __future__ import annotations

from copy import deepcopy
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def apply_select(catalog: Mapping[str, Any], patterns: Sequence[str]) -> dict[str, Any]:
    """Return the catalog that a tap gets from Meltano.

    Patterns with `!` come after all others, in whichever order they are written.
    https://docs.meltano.com/concepts/plugins/#select-extra
    """
    changed: dict[str, Any] = deepcopy(dict(catalog))
    ordered = sorted(patterns, key=lambda pattern: pattern.startswith("!"))
    for stream in changed["streams"]:
        for entry in stream["metadata"]:
            field = entry["breadcrumb"][1] if entry["breadcrumb"] else None
            entry["metadata"]["selected"] = _is_selected(stream["tap_stream_id"], field, ordered)
    return changed


def _is_selected(stream: str, field: str | None, patterns: Sequence[str]) -> bool:
    is_selected = False
    for pattern in patterns:
        is_negated = pattern.startswith("!")
        stream_pattern, _, field_pattern = pattern.removeprefix("!").partition(".")
        if not fnmatchcase(stream, stream_pattern):
            continue
        first, *rest = (field_pattern or "*").split(".")
        if is_negated and (rest or (field is None and first != "*")):
            continue  # a part of it is left out
        if field is None or fnmatchcase(field, first):
            is_selected = not is_negated
    return is_selected
