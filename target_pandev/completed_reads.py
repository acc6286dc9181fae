"""A record of `completed_reads`, taken apart and checked. Pure: marking is the store's.

What such a record promises stands in docs/completed-reads.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

from target_pandev.columns import RefusedFieldError, json_text, storable_text
from target_pandev.rows import digest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

BOUNDS = {"from", "before"}


@dataclass(frozen=True)
class Condition:
    """What a row's property must fulfil; values are texts for the column's type to read."""

    property: str
    values: tuple[str, ...] | None = None
    at_least: str | None = None
    before: str | None = None


@dataclass(frozen=True)
class CompletedRead:
    """Of the rows of `stream` that fulfil all conditions, exactly those of `keys` exist.

    `keys` holds a list of values for each of `key_properties`.
    """

    workspace_id: str
    stream: str
    scope: str
    started_at: datetime
    finished_at: datetime
    conditions: tuple[Condition, ...]
    conditions_json: str
    key_properties: tuple[str, ...]
    keys: tuple[list[str], ...]
    count: int
    read_at: str
    hash: str

    @classmethod
    def of(cls, record: Mapping[str, Any], *, read_at: str) -> Self:
        """Return what a record says, read at a moment. Raises `RefusedFieldError`."""
        started_at, finished_at = _moment(record, "started_at"), _moment(record, "finished_at")
        if finished_at < started_at:
            raise RefusedFieldError(
                "finished_at", "expected a moment that is not before started_at"
            )
        names = _key_properties(record)
        count, keys = _keys(record, len(names))
        return cls(
            workspace_id=_text(record, "workspace_id"),
            stream=_text(record, "stream"),
            scope=_text(record, "scope"),
            started_at=started_at,
            finished_at=finished_at,
            conditions=_conditions(record),
            conditions_json=json_text(record["conditions"]),
            key_properties=names,
            keys=keys,
            count=count,
            read_at=read_at,
            hash=digest(json_text({**record, "keys": None}).encode()),
        )

    @property
    def size(self) -> int:
        """Roughly how many bytes it holds."""
        return sum(len(each) for values in self.keys for each in values)


def _text(record: Mapping[str, Any], name: str) -> str:
    value = record.get(name)
    if not isinstance(value, str) or not value:
        raise RefusedFieldError(name, "expected text")
    return storable_text(value)


def _moment(record: Mapping[str, Any], name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(_text(record, name))
    except ValueError:
        raise RefusedFieldError(name, "expected a moment in ISO 8601") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _conditions(record: Mapping[str, Any]) -> tuple[Condition, ...]:
    conditions = record.get("conditions")
    if not isinstance(conditions, dict):
        raise RefusedFieldError("conditions", "expected an object")
    return tuple(_condition(name, rule) for name, rule in conditions.items())


def _condition(name: str, rule: Any) -> Condition:
    field = f"conditions.{name}"
    if not isinstance(rule, dict) or not rule or rule.keys() - BOUNDS - {"in"}:
        raise RefusedFieldError(field, "expected 'in', 'from' or 'before', and nothing else")
    values = rule.get("in")
    if "in" in rule and not isinstance(values, list):
        raise RefusedFieldError(field, "expected a list of values in 'in'")
    bounds = {each: _scalar(rule[each], field) for each in BOUNDS & rule.keys()}
    return Condition(
        name,
        None if values is None else tuple(_scalar(value, field) for value in values),
        bounds.get("from"),
        bounds.get("before"),
    )


def _key_properties(record: Mapping[str, Any]) -> tuple[str, ...]:
    names = record.get("key_properties")
    if not isinstance(names, list) or not names or not all(isinstance(one, str) for one in names):
        raise RefusedFieldError("key_properties", "expected names of properties, at least one")
    return tuple(names)


def _keys(record: Mapping[str, Any], width: int) -> tuple[int, tuple[list[str], ...]]:
    """Return how many keys there are, and the values of each property of the key."""
    keys: Sequence[Any] | None = record.get("keys")
    if not isinstance(keys, list) or not all(
        isinstance(key, list) and len(key) == width for key in keys
    ):
        raise RefusedFieldError("keys", f"expected lists of {width} values")
    if record.get("count") != len(keys):
        raise RefusedFieldError("count", f"expected the number of keys, which is {len(keys)}")
    values = tuple([_scalar(key[place], "keys") for key in keys] for place in range(width))
    return len(keys), values


def _scalar(value: Any, field: str) -> str:
    """Return a value as the text that PostgreSQL reads for any type of column."""
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        return str(value)
    raise RefusedFieldError(field, "expected texts, numbers, or true and false")
