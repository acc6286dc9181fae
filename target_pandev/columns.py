"""Map a JSON Schema to columns, and encode values as text that PostgreSQL reads. Pure.

Values stay exact: "" is not NULL, integers and decimals have any size, an offset is kept, arrays
and objects are jsonb. U+0000 and lone surrogates, which PostgreSQL cannot store, become U+FFFD.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from target_pandev.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

JSON_NUMBER_TYPES = {int, float, Decimal}
"""Python types of JSON numbers; not `bool`, although it is a subclass of `int`."""
INTEGER_DIGITS = 19
"""Digits of the largest bigint."""
SYSTEM_COLUMNS = {"ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"}
NAME_BYTES = 63
"""PostgreSQL truncates longer names."""
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_json = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True)
class Column:
    """A property and its column; `encode` returns a value as text that PostgreSQL reads."""

    property: str
    name: str
    type: str
    encode: Callable[[Any], str]


def encode_text(value: Any) -> str:
    """Return a text unchanged. Raises `InvalidValueError`."""
    if not isinstance(value, str):
        raise InvalidValueError("expected text")
    return value


def _encode_boolean(value: Any) -> str:
    if not isinstance(value, bool):
        raise InvalidValueError("expected true or false")
    return "t" if value else "f"


def _encode_number(value: Any) -> str:
    if type(value) not in JSON_NUMBER_TYPES:
        raise InvalidValueError("expected a number")
    return str(value)


def _encode_key_number(value: Any) -> str:
    """Return a number without trailing zeros, so that 1 and 1.00 are the same key."""
    digits = _encode_number(value)
    return digits.rstrip("0").rstrip(".") if "." in digits and "E" not in digits else digits


def _encode_integer(value: Any) -> str:
    if type(value) not in JSON_NUMBER_TYPES:
        raise InvalidValueError("expected an integer")
    number = Decimal(value)
    if not number.is_finite() or number.adjusted() >= INTEGER_DIGITS:
        raise InvalidValueError(f"expected an integer of at most {INTEGER_DIGITS} digits")
    if number != int(number):
        raise InvalidValueError("expected a number without a fraction")
    return str(int(number))


def _encode_scalar(value: Any) -> str:
    """Return a text, number or boolean as text, for a column that was widened to text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if type(value) in JSON_NUMBER_TYPES else encode_text(value)


def encode_json(value: Any) -> str:
    """Return a value as JSON that PostgreSQL accepts as jsonb."""
    try:
        encoded = _json.encode(value)
    except UnicodeEncodeError:
        return encode_json(_sanitize(value))
    if b"\\u0000" in encoded:
        encoded = _json.encode(_sanitize(value))
    return encoded.decode()


def sanitize_text(text: str) -> str:
    """Return a text in which U+FFFD replaces the characters that PostgreSQL cannot store."""
    return _UNSTORABLE.sub("\ufffd", text)


def _sanitize(value: Any) -> Any:
    """Return a JSON value with all its texts and keys sanitized."""
    if isinstance(value, str):
        return sanitize_text(value)
    if isinstance(value, list):
        return [_sanitize(item) for item in value]
    if isinstance(value, dict):
        return {_sanitize(key): _sanitize(item) for key, item in value.items()}
    return value


def _validated_text(kind: str, parse: Callable[[str], object]) -> Callable[[Any], str]:
    """Return an encoder that returns text unchanged if `parse` accepts it."""

    def encode(value: Any) -> str:
        try:
            parse(value)
        except (TypeError, ValueError, OverflowError):
            raise InvalidValueError(f"expected {kind} in ISO 8601") from None
        return encode_text(value)

    return encode


SEPARATORS = {"", "T", "t", " "}
"""Accepted between date and time; PostgreSQL takes other characters as part of the time."""


def _parse_timestamp(value: str) -> None:
    """Raise an error unless the text is a timestamp, also in UTC: reports could not read others."""
    extended = value[10:11]
    basic = value[8:9]
    if extended not in SEPARATORS and basic not in SEPARATORS:
        raise ValueError
    timestamp = datetime.fromisoformat(value)
    if not MINYEAR < timestamp.year < MAXYEAR and timestamp.tzinfo:
        timestamp.astimezone(UTC)


TEXT_TYPES = {"text", "date", "timestamp with time zone"}
"""Types whose values are JSON strings."""
ENCODERS: dict[str, Callable[[Any], str]] = {
    "text": encode_text,
    "boolean": _encode_boolean,
    "numeric": _encode_number,
    "integer": _encode_integer,
    "bigint": _encode_integer,
    "jsonb": encode_json,
    "timestamp with time zone": _validated_text("a timestamp", _parse_timestamp),
    "date": _validated_text("a date", date.fromisoformat),
}
"""The encoder of each column type, by PostgreSQL's name of the type (`format_type`)."""

FORMATS = {"date-time": "timestamp with time zone", "date": "date"}
"""Column types of string formats; a time of day stays text, as PostgreSQL drops its offset."""


def infer_column_type(schema: Mapping[str, Any]) -> str:
    """Return the column type for a JSON Schema; jsonb if its values can be of several types."""
    types = _types(schema)
    if types == {"string"}:
        formats = {
            branch.get("format") for branch in _branches(schema) if "string" in _types(branch)
        }
        return FORMATS.get(str(formats.pop()), "text") if len(formats) == 1 else "text"
    if types and types <= {"integer", "number"}:
        return "numeric"
    return "boolean" if types == {"boolean"} else "jsonb"


def _branches(schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the alternatives of a schema, or the schema itself if it has none."""
    return [*schema.get("anyOf", ()), *schema.get("oneOf", ())] or [schema]


def _types(schema: Mapping[str, Any]) -> set[str]:
    """Return the JSON types that a schema allows, except null; "any" if it names no type."""
    types: set[str] = set()
    for branch in _branches(schema):
        declared = branch.get("type", "any")
        types |= {declared} if isinstance(declared, str) else set(declared)
    return types - {"null"}


def safe_identifier(name: str) -> str:
    """Return a name that PostgreSQL accepts for a column or table, changed as little as possible.

    A changed name ends in a hash of the original, so that different names stay different.
    """
    clean = sanitize_text(name)
    encoded = clean.encode()
    if clean == name and 0 < len(encoded) <= NAME_BYTES and name not in SYSTEM_COLUMNS:
        return name
    whole = name.encode(errors="surrogatepass")
    suffix = "_" + hashlib.blake2b(whole, digest_size=4).hexdigest()
    return encoded[: NAME_BYTES - len(suffix)].decode(errors="ignore") + suffix


NUMBER_TYPES = {"integer", "bigint", "numeric"}
DATE_TYPES = {"date", "timestamp with time zone"}
VERSION_TYPES = NUMBER_TYPES | DATE_TYPES
"""Types whose order is that of time: as text, "10" comes before "9"."""


def common_type(stored: str, inferred: str) -> str:
    """Return the type that represents the values of both types exactly.

    Dates become timestamps at midnight UTC, scalars of different types text, all else jsonb. A
    stored type that this module does not know is kept.
    """
    if stored == inferred or stored not in ENCODERS:
        return stored
    types = {stored, inferred}
    if "jsonb" in types:
        return "jsonb"
    if types <= NUMBER_TYPES:
        return "numeric"
    return "timestamp with time zone" if types <= DATE_TYPES else "text"


def as_key_column(column: Column) -> Column:
    """Return a column with the encoder of key values."""
    if column.encode is _encode_number:
        return replace(column, encode=_encode_key_number)
    return column


def make_column(name: str, type_: str, value_type: str | None = None) -> Column:
    """Return the column of type `type_` for a property whose values are of the type `value_type`.

    Without `value_type` they are of the column's type. A type that has no encoder takes text.
    """
    mixed = type_ == "text" and value_type not in {None, *TEXT_TYPES}
    encode = _encode_scalar if mixed else ENCODERS.get(type_, encode_text)
    return Column(name, safe_identifier(name), type_, encode)
