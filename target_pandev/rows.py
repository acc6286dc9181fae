"""A record becomes a line of COPY text. Pure.

https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.2
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from target_pandev.columns import RefusedFieldError, ValueRefusedError, storable_text, text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_pandev.columns import Column

NULL = "\\N"
_ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\ufffd"})
LINE_ESCAPES = (
    (b"\\", b"\\\\"),
    (b"\n", b"\\n"),
    (b"\r", b"\\r"),
    (b"\t", b"\\t"),
    (b"\0", b"\t"),
    (b"\1", NULL.encode()),
)
"""What makes COPY text of fields joined by U+0000 with U+0001 for null, all of a line at once."""
_UNESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
NOT_ENCODED = (ValueRefusedError, TypeError, ValueError, OverflowError, RecursionError)
"""What a value raises that does not fit its column."""


class RowEncoder:
    """Makes COPY text of records by the columns of a table; a missing property is NULL."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._properties = [each.property for each in columns]
        self._converted = [
            (place, each.encode) for place, each in enumerate(columns) if each.encode is not text
        ]

    def encode(self, record: Mapping[str, Any]) -> bytes:
        """Return the fields of a record, parted by tabs. Raises `RefusedFieldError`."""
        try:
            fields = list(map(record.get, self._properties))
            for place, encode in self._converted:
                if (value := fields[place]) is not None:
                    fields[place] = encode(value)
            line = _utf8("\0".join(["\1" if each is None else each for each in fields]))
        except NOT_ENCODED:
            texts(self._columns, record)
            raise
        if line.count(b"\0") == len(fields) - 1 and line.count(b"\1") == fields.count(None):
            for plain, escaped in LINE_ESCAPES:
                line = line.replace(plain, escaped)
        else:  # a text holds one of these characters itself
            line = _utf8(
                "\t".join([NULL if each is None else each.translate(_ESCAPES) for each in fields])
            )
        return line


def texts(columns: Sequence[Column], record: Mapping[str, Any]) -> list[str | None]:
    """Return the values of a record as text that PostgreSQL reads; of a missing property, None.

    Raises `RefusedFieldError`.
    """
    fields: list[str | None] = []
    for each in columns:
        value = record.get(each.property)
        try:
            fields.append(None if value is None else each.encode(value))
        except NOT_ENCODED as error:
            told = isinstance(error, ValueRefusedError)
            reason = str(error) if told else "no value of JSON, or nested too deeply"
            raise RefusedFieldError(each.property, reason) from None
    return fields


def key_texts(key: Sequence[Column], record: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the values of a record's key as text that PostgreSQL reads.

    Raises `RefusedFieldError`.
    """
    return tuple(storable_text(each or "") for each in texts(key, record))


def digest(content: bytes) -> str:
    """Return the hash of a row's or a record's content, 32 hexadecimal digits: a uuid's form."""
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def decode(line: bytes) -> list[str | None]:
    """Return the fields of a line of COPY text, for telling people of a row that was refused."""
    return [None if each == NULL else _unescaped(each) for each in line.decode().split("\t")]


def _unescaped(field: str) -> str:
    return re.sub(r"\\(.)", lambda found: _UNESCAPES.get(found[1], found[1]), field)


def _utf8(line: str) -> bytes:
    try:
        return line.encode()
    except UnicodeEncodeError:
        return storable_text(line).encode()
