"""Parse and validate records of `completed_reads`. Pure; the store applies them.

docs/explained/completed-reads.md describes what such a record promises.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any, Self

from target_pandev.columns import encode_json, sanitize_text
from target_pandev.errors import InvalidFieldError
from target_pandev.rows import digest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

BOUNDS = {"from", "before"}


@dataclass(frozen=True)
class Condition:
    """A condition on a property of a row; its values are text that the column's type reads."""

    property: str
    values: tuple[str, ...] | None = None
    at_least: str | None = None
    before: str | None = None


@dataclass(frozen=True)
class CompletedRead:
    """States that of the rows of `stream` that meet all conditions, exactly those of `keys` exist.

    `keys` has one list of values per property of `key_properties`.
    """

    workspace_id: str
    """Empty for a stream without workspaces."""
    stream: str
    scope: str
    started_at: datetime
    finished_at: datetime
    conditions: tuple[Condition, ...]
    conditions_json: str
    key_properties: tuple[str, ...]
    keys: tuple[list[str], ...]
    count: int
    extracted_at: str
    hash: str

    @classmethod
    def from_record(cls, record: Mapping[str, Any], *, extracted_at: str) -> Self:
        """Parse a record that was extracted at `extracted_at`. Raises `InvalidFieldError`."""
        started_at = _parse_timestamp(record, "started_at")
        finished_at = _parse_timestamp(record, "finished_at")
        if finished_at < started_at:
            raise InvalidFieldError(
                "finished_at", "expected a timestamp that is not before started_at"
            )
        key_properties = _parse_key_properties(record)
        keys = _parse_keys(record, len(key_properties))
        keys_by_property = _values_by_property(keys, len(key_properties))
        return cls(
            workspace_id=_require_text(record, "workspace_id", can_be_empty=True),
            stream=_require_text(record, "stream"),
            scope=_require_text(record, "scope"),
            started_at=started_at,
            finished_at=finished_at,
            conditions=_parse_conditions(record),
            conditions_json=encode_json(record["conditions"]),
            key_properties=key_properties,
            keys=keys_by_property,
            count=len(keys),
            extracted_at=extracted_at,
            hash=digest(encode_json({**record, "keys": None}).encode()),
        )

    @property
    def size_bytes(self) -> int:
        """Roughly the memory that its keys take."""
        return sum(len(value) for values in self.keys for value in values)

    @property
    def is_list_of_missing_rows(self) -> bool:
        """Whether it finds none of the rows that its conditions list by their key."""
        return not self.count and any(map(self.lists_keys, self.conditions))

    def lists_keys(self, condition: Condition) -> bool:
        """Return whether a condition lists values of the key."""
        return condition.values is not None and condition.property in self.key_properties

    def find_obstacle(self, stream_maps: Mapping[str, Any]) -> str | None:
        """Return how the target's own `stream_maps` keep its rows from being identified, if so."""
        properties = [*self.key_properties, *(condition.property for condition in self.conditions)]
        for stream, definition in stream_maps.items():
            if not fnmatch(self.stream, stream) or not isinstance(definition, dict):
                continue
            for name in properties:
                expression = definition.get(name, None if "__else__" in definition else name)
                if expression not in (name, "self"):
                    return f"stream_maps changes or removes {name}"
            if "__alias__" in definition:
                return "stream_maps renames the stream"
        return None


def _require_text(record: Mapping[str, Any], name: str, *, can_be_empty: bool = False) -> str:
    value = record.get(name)
    if not isinstance(value, str) or not (value or can_be_empty):
        raise InvalidFieldError(name, "expected text")
    return sanitize_text(value)


def _parse_timestamp(record: Mapping[str, Any], name: str) -> datetime:
    try:
        timestamp = datetime.fromisoformat(_require_text(record, name))
    except ValueError:
        raise InvalidFieldError(name, "expected a timestamp in ISO 8601") from None
    return timestamp if timestamp.tzinfo else timestamp.replace(tzinfo=UTC)


def _parse_conditions(record: Mapping[str, Any]) -> tuple[Condition, ...]:
    conditions = record.get("conditions")
    if not isinstance(conditions, dict):
        raise InvalidFieldError("conditions", "expected an object")
    return tuple(_parse_condition(name, rule) for name, rule in conditions.items())


def _parse_condition(name: str, rule: Any) -> Condition:
    field = f"conditions.{name}"
    if not isinstance(rule, dict) or not rule or rule.keys() - BOUNDS - {"in"}:
        raise InvalidFieldError(field, "expected 'in', 'from' or 'before', and nothing else")
    values = rule.get("in")
    if "in" in rule and not isinstance(values, list):
        raise InvalidFieldError(field, "expected a list of values in 'in'")
    bounds = {bound: _encode_scalar(rule[bound], field) for bound in BOUNDS & rule.keys()}
    return Condition(
        name,
        None if values is None else tuple(_encode_scalar(value, field) for value in values),
        bounds.get("from"),
        bounds.get("before"),
    )


def _parse_key_properties(record: Mapping[str, Any]) -> tuple[str, ...]:
    names = record.get("key_properties")
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise InvalidFieldError("key_properties", "expected at least one property name")
    return tuple(names)


def _parse_keys(record: Mapping[str, Any], width: int) -> list[list[Any]]:
    keys = record.get("keys")
    if not isinstance(keys, list) or not all(
        isinstance(key, list) and len(key) == width for key in keys
    ):
        values = "value" if width == 1 else "values"
        raise InvalidFieldError("keys", f"expected lists of {width} {values}")
    if record.get("count") != len(keys):
        raise InvalidFieldError("count", f"expected the number of keys, which is {len(keys)}")
    return keys


def _values_by_property(keys: Sequence[Sequence[Any]], width: int) -> tuple[list[str], ...]:
    return tuple([_encode_scalar(key[index], "keys") for key in keys] for index in range(width))


def _encode_scalar(value: Any, field: str) -> str:
    """Return a value as text that PostgreSQL reads for a column of any type."""
    if isinstance(value, str):
        return sanitize_text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        return str(value)
    raise InvalidFieldError(field, "expected texts, numbers, true or false")
