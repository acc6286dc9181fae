"""Read Singer lines, each decoded once and exactly: integers of any size, decimals unrounded.

Replaces the SDK's reader where the SDK allows it (`Target.message_reader_class`). It also knows
whether more input is pending, so that the target can emit a state as soon as there is none, and
lets the target work between two reads, so that it never waits longer than it wants to for a tap.
https://hub.meltano.com/singer/spec
"""

from __future__ import annotations

import json
import select
import sys
from collections import Counter, deque
from decimal import Decimal, InvalidOperation
from typing import IO, TYPE_CHECKING, Any

import msgspec
from singer_sdk.singerlib.encoding.base import GenericSingerReader
from singer_sdk.singerlib.exceptions import InvalidInputLine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CHUNK_BYTES = 1 << 20
MAX_INT_DIGITS = 4_000
"""Longer integers are read as decimals: Python converts at most 4,300 digits to an `int`."""

_decoder = msgspec.json.Decoder(float_hook=Decimal)


class MessageReader(GenericSingerReader[bytes]):
    """Reads messages from a pipe or a file, one chunk at a time."""

    default_input = sys.stdin.buffer

    def __init__(self) -> None:
        super().__init__()
        self._input: IO[bytes] | None = None
        self._buffered_lines: deque[bytes] = deque()
        self.before_read: Callable[[], float | None] = _wait_for_ever
        """Called before each read, and again whenever no input came within the seconds that it
        returned; None means to wait until there is input."""
        self.line_number = 0
        """The number of the line that is being processed, from 1."""

    def process_lines(
        self, file_input: IO[Any] | None, callbacks: dict[str, Callable[[dict[str, Any]], None]]
    ) -> Counter[str]:
        """Pass each message to the callback of its type and return the number of each type.

        Raises `InvalidInputLine`.
        """
        counts: Counter[str] = Counter()
        self._input = file_input or self.default_input
        for self.line_number, line in enumerate(self._lines(), start=1):  # noqa: B020 - for errors
            if not line.strip():
                continue
            message = self.deserialize_json(line)
            message_type = message.get("type")
            if not isinstance(message_type, str) or message_type not in callbacks:
                raise self.invalid_line("not a Singer message of a known type")
            callbacks[message_type](message)
            counts[message_type] += 1
        return counts

    def input_pending(self) -> bool:
        """Return whether a line can be read without waiting for the tap."""
        return bool(self._buffered_lines) or self._has_input(timeout_seconds=0)

    def _has_input(self, timeout_seconds: float | None) -> bool:
        """Return whether a read does not wait, after waiting at most so long for it."""
        if self._input is None:
            return False
        try:
            return bool(select.select([self._input], [], [], timeout_seconds)[0])
        except (ValueError, OSError):  # not a file descriptor, so a read does not wait
            return True

    def invalid_line(self, problem: str) -> InvalidInputLine:
        """Return the error for the current line; it does not contain the line itself."""
        return InvalidInputLine(f"line {self.line_number}: {problem}")

    def deserialize_json(self, line: bytes) -> dict[str, Any]:
        """Return the object of a line; lines that msgspec rejects, as with NaN, go to `json`.

        Raises `InvalidInputLine`.
        """
        try:
            message = _decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            message = self._decode_leniently(line)
        except RecursionError:
            raise self.invalid_line("nested too deeply") from None
        except InvalidOperation:
            raise self.invalid_line("a number is too large") from None
        if not isinstance(message, dict):
            raise self.invalid_line("expected a JSON object")
        return message

    def _decode_leniently(self, line: bytes) -> Any:
        try:
            return json.loads(
                line, parse_float=Decimal, parse_int=_parse_integer, parse_constant=Decimal
            )
        except (ValueError, InvalidOperation):
            raise self.invalid_line("not JSON") from None
        except RecursionError:
            raise self.invalid_line("nested too deeply") from None

    def _lines(self) -> Iterator[bytes]:
        """Yield lines; of a text file, which the SDK's command line opens, the bytes are read."""
        source: Any = getattr(self._input, "buffer", self._input)
        if not hasattr(source, "read1"):
            for line in source or ():
                yield line.encode() if isinstance(line, str) else line
            return
        unfinished: list[bytes] = []
        while chunk := self._read_chunk(source):
            *lines, rest = chunk.split(b"\n")
            if lines:
                lines[0] = b"".join([*unfinished, lines[0]])
                unfinished = []
            unfinished.append(rest)
            self._buffered_lines.extend(lines)
            while self._buffered_lines:
                yield self._buffered_lines.popleft()
        if any(unfinished):
            yield b"".join(unfinished)

    def _read_chunk(self, source: Any) -> bytes:
        while not self._has_input(self.before_read()):
            pass
        chunk: bytes = source.read1(CHUNK_BYTES)
        return chunk


def _wait_for_ever() -> None:
    """Let the reader wait until there is input."""


def _parse_integer(digits: str) -> int | Decimal:
    return int(digits) if len(digits) <= MAX_INT_DIGITS else Decimal(digits)
