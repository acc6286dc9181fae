"""Decode JSON as ClickUp sends it. Pure.

ClickUp cuts texts within a character, which leaves half of a surrogate pair. msgspec rejects that,
and the rest of the response with it, so such JSON is decoded by the standard library.
"""

from __future__ import annotations

import json
import math
from typing import Any

import msgspec


class JsonError(ValueError):
    """The content is not JSON. The message quotes nothing."""


def decode_json(content: bytes, *, strict: bool = False) -> Any:
    """Return the value of JSON, with half a surrogate pair in a text replaced by `?`.

    A number that JSON or a float cannot represent becomes its text, so that only its own field is
    odd. With `strict` NaN, Infinity and invalid UTF-8 are rejected. Raises `JsonError`.
    """
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _decode_leniently(content, strict=strict)


def _decode_leniently(content: bytes, *, strict: bool) -> Any:
    try:
        value = json.loads(
            content.decode(errors="strict" if strict else "replace"),
            parse_constant=_reject_constant if strict else str,
            parse_float=_parse_float,
            parse_int=_parse_int,
        )
        encodable = json.dumps(value, ensure_ascii=False).encode(errors="replace")
        return json.loads(encodable)
    except (ValueError, RecursionError) as error:
        raise JsonError("not JSON") from error


def _reject_constant(constant: str) -> None:
    """Reject NaN and Infinity, which the standard library accepts and JSON does not have."""
    raise ValueError(constant)


def _parse_float(text: str) -> float | str:
    number = float(text)
    return number if math.isfinite(number) else text


def _parse_int(text: str) -> int | str:
    """Return an integer, or its text if it has more digits than Python converts."""
    try:
        return int(text)
    except ValueError:
        return text
