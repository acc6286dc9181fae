"""A JSON Schema becomes columns, a value becomes text that PostgreSQL reads. Pure.

Values stay exact: "" is not NULL, integers and decimals have any size, an offset is kept, arrays
and objects are jsonb. What PostgreSQL cannot hold, U+0000 and lone surrogates, becomes U+FFFD.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NUMERIC = {int, float, Decimal}
"""Types of JSON numbers; true is none, though Python's `bool` is an `int`."""
INTEGER_DIGITS = 19
"""Digits of the largest bigint."""
SYSTEM_COLUMNS = {"ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"}
NAME_BYTES = 63
"""PostgreSQL cuts longer names."""
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_json = msgspec.json.Encoder(decimal_format="number")


class ValueRefusedError(Exception):
    """A value does not fit its column. The text names the expected type, never the value."""


@dataclass(frozen=True)
class Column:
    """A property and the column it goes to; `encode` makes text that PostgreSQL reads."""

    property: str
    name: str
    type: str
    encode: Callable[[Any], str]


def text(value: Any) -> str:
    """Return a text as it is."""
    if not isinstance(value, str):
        raise ValueRefusedError("expected text")
    return value


def _boolean(value: Any) -> str:
    if not isinstance(value, bool):
        raise ValueRefusedError("expected true or false")
    return "t" if value else "f"


def _number(value: Any) -> str:
    if type(value) not in NUMERIC:
        raise ValueRefusedError("expected a number")
    return str(value)


def _key_number(value: Any) -> str:
    """Return a number without zeros at its end: equal keys are one, however they are written."""
    digits = _number(value)
    return digits.rstrip("0").rstrip(".") if "." in digits and "E" not in digits else digits


def _integer(value: Any) -> str:
    if type(value) not in NUMERIC:
        raise ValueRefusedError("expected an integer")
    number = Decimal(value)
    if not number.is_finite() or number.adjusted() >= INTEGER_DIGITS:
        raise ValueRefusedError(f"expected an integer of at most {INTEGER_DIGITS} digits")
    if number != int(number):
        raise ValueRefusedError("expected a number without a fraction")
    return str(int(number))


def _scalar(value: Any) -> str:
    """Return a value of any type but array and object, for a column that became text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if type(value) in NUMERIC else text(value)


def json_text(value: Any) -> str:
    """Return a value as JSON that jsonb takes."""
    try:
        encoded = _json.encode(value)
    except UnicodeEncodeError:
        return json_text(_storable(value))
    if b"\\u0000" in encoded:
        encoded = _json.encode(_storable(value))
    return encoded.decode()


def storable_text(text: str) -> str:
    """Return a text with the characters replaced that PostgreSQL cannot hold."""
    return _UNSTORABLE.sub("\ufffd", text)


def _storable(value: Any) -> Any:
    """Return a JSON value with the characters replaced that PostgreSQL cannot hold."""
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, list):
        return [_storable(one) for one in value]
    if isinstance(value, dict):
        return {_storable(key): _storable(one) for key, one in value.items()}
    return value


def _parsed(kind: str, parse: Callable[[str], object]) -> Callable[[Any], str]:
    """Return an encoder that lets through, as it is, text that `parse` accepts."""

    def encode(value: Any) -> str:
        try:
            parse(value)
        except (TypeError, ValueError):
            raise ValueRefusedError(f"expected {kind} in ISO 8601") from None
        return text(value)

    return encode


SEPARATORS = {"", "T", "t", " "}
"""What may stand between date and time: others are read by PostgreSQL as parts of the time."""


def _parse_moment(value: str) -> None:
    extended, basic = value[10:11], value[8:9]
    if extended not in SEPARATORS and basic not in SEPARATORS:
        raise ValueError
    datetime.fromisoformat(value)


TEXTS = {"text", "date", "timestamp with time zone"}
"""Types whose values are JSON strings."""
ENCODERS: dict[str, Callable[[Any], str]] = {
    "text": text,
    "boolean": _boolean,
    "numeric": _number,
    "integer": _integer,
    "bigint": _integer,
    "jsonb": json_text,
    "timestamp with time zone": _parsed("a moment", _parse_moment),
    "date": _parsed("a date", date.fromisoformat),
}
"""An encoder for each type of column, under PostgreSQL's name for it (`format_type`)."""

FORMATS = {"date-time": "timestamp with time zone", "date": "date"}
"""Column types of text formats; a time of day stays text, since PostgreSQL drops its offset."""


def column_type(schema: Mapping[str, Any]) -> str:
    """Return the type for values of a JSON Schema; jsonb where they can be of several types."""
    types = _types(schema)
    if types == {"string"}:
        formats = {one.get("format") for one in _branches(schema) if "string" in _types(one)}
        return FORMATS.get(str(formats.pop()), "text") if len(formats) == 1 else "text"
    if types and types <= {"integer", "number"}:
        return "numeric"
    return "boolean" if types == {"boolean"} else "jsonb"


def _branches(schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the alternatives of a schema that has some, else the schema itself."""
    return [*schema.get("anyOf", ()), *schema.get("oneOf", ())] or [schema]


def _types(schema: Mapping[str, Any]) -> set[str]:
    """Return the JSON types that a schema allows, null left out; "any" where it names none."""
    types: set[str] = set()
    for branch in _branches(schema):
        declared = branch.get("type", "any")
        types |= {declared} if isinstance(declared, str) else set(declared)
    return types - {"null"}


def identifier(name: str) -> str:
    """Return the name of a column or table: one that PostgreSQL takes, as near as may be.

    A name that had to be changed ends in a hash of what it was, so that no two become one.
    """
    clean = storable_text(name)
    encoded = clean.encode()
    if clean == name and 0 < len(encoded) <= NAME_BYTES and name not in SYSTEM_COLUMNS:
        return name
    whole = name.encode(errors="surrogatepass")
    mark = "_" + hashlib.blake2b(whole, digest_size=4).hexdigest()
    return encoded[: NAME_BYTES - len(mark)].decode(errors="ignore") + mark


NUMBERS = {"integer", "bigint", "numeric"}
MOMENTS = {"date", "timestamp with time zone"}


def wider(stored: str, wanted: str) -> str:
    """Return the type that holds the values of two exactly; a foreign type stays as it is.

    Dates become moments at midnight UTC, scalars of different kinds text, all else jsonb.
    """
    if stored == wanted or stored not in ENCODERS:
        return stored
    both = {stored, wanted}
    if "jsonb" in both:
        return "jsonb"
    if both <= NUMBERS:
        return "numeric"
    return "timestamp with time zone" if both <= MOMENTS else "text"


def of_key(column: Column) -> Column:
    """Return a column as one of a key."""
    return replace(column, encode=_key_number) if column.encode is _number else column


def column(name: str, type_: str, wanted: str | None = None) -> Column:
    """Return the column for a property whose values are of a wanted type, else of the column's.

    A type without encoder of its own takes text.
    """
    mixed = type_ == "text" and wanted not in {None, *TEXTS}
    return Column(name, identifier(name), type_, _scalar if mixed else ENCODERS.get(type_, text))


class RefusedFieldError(Exception):
    """A field of a record cannot be stored."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason
