"""Compare the fields of a record with those of its stored row. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tap_clickup.conversions import parse_timestamp
from target_pandev.columns import encode_json, safe_identifier

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True)
class FieldDifference:
    """A field whose values differ."""

    name: str
    stored: Any
    live: Any


def find_differences(
    record: Mapping[str, Any], stored: Mapping[str, Any]
) -> Iterator[FieldDifference]:
    """Yield the fields of a record that have another value in its row.

    Fields without a column are not stored. The order of a list does not count: that of assignees,
    tags and lists has no meaning in ClickUp.
    """
    for name, value in record.items():
        column = safe_identifier(name)
        if column in stored and not _is_equal(value, stored[column]):
            yield FieldDifference(name, stored[column], value)


def _is_equal(live: Any, stored: Any) -> bool:
    if live is None or stored is None:
        return live is stored
    if isinstance(stored, datetime):
        try:
            return parse_timestamp(live) == stored
        except (TypeError, ValueError):
            return False
    return bool(_normalise(live) == _normalise(stored))


def _normalise(value: Any) -> Any:
    """Return a value as the store has it: characters that it cannot have are replaced."""
    decoded = json.loads(encode_json(value), parse_float=Decimal)
    if isinstance(decoded, list):
        return sorted(decoded, key=encode_json)
    return decoded
