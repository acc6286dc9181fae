"""Singer lines in, decoded once and exactly: integers of any size, decimals without rounding.

Takes the place of the SDK's reader where the SDK allows it (`Target.message_reader_class`). It
knows whether more input waits, so that a STATE can be answered when nothing does.
https://hub.meltano.com/singer/spec
"""

from __future__ import annotations

import json
import select
import sys
from collections import Counter
from decimal import Decimal
from typing import IO, TYPE_CHECKING, Any

import msgspec
from singer_sdk.singerlib.encoding.base import GenericSingerReader
from singer_sdk.singerlib.exceptions import InvalidInputLine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CHUNK_BYTES = 1 << 20
LONGEST_INT = 4_000

_decoder = msgspec.json.Decoder(float_hook=Decimal)


class MessageReader(GenericSingerReader[bytes]):
    """Reads messages from a pipe or a file, a chunk at a time."""

    default_input = sys.stdin.buffer

    def __init__(self) -> None:
        super().__init__()
        self._input: IO[bytes] | None = None
        self._read_ahead = 0
        self.line_number = 0
        """The line that is being read, from 1."""

    def process_lines(
        self, file_input: IO[Any] | None, callbacks: dict[str, Callable[[dict[str, Any]], None]]
    ) -> Counter[str]:
        """Hand each message to the callback of its type and return how many of each came."""
        counts: Counter[str] = Counter()
        self._input = file_input or self.default_input
        for self.line_number, line in enumerate(self._lines(), start=1):  # noqa: B020 - for errors
            if not line.strip():
                continue
            message = self.deserialize_json(line)
            kind = message.get("type")
            if not isinstance(kind, str) or kind not in callbacks:
                raise self.complaint("no Singer message of known type")
            callbacks[kind](message)
            counts[kind] += 1
        return counts

    def more_waits(self) -> bool:
        """Whether a line can be read without waiting for whoever writes."""
        if self._read_ahead or self._input is None:
            return bool(self._read_ahead)
        try:
            return bool(select.select([self._input], [], [], 0)[0])
        except (ValueError, OSError):  # no descriptor, so nothing to wait for
            return True

    def complaint(self, what: str) -> InvalidInputLine:
        """Return the error that tells what is wrong with the line at hand, without showing it."""
        return InvalidInputLine(f"line {self.line_number}: {what}")

    def deserialize_json(self, line: bytes) -> dict[str, Any]:
        """Return a line as an object; what msgspec refuses, NaN for instance, goes to `json`."""
        try:
            message = _decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            message = self._decode_leniently(line)
        except RecursionError:
            raise self.complaint("nested too deeply") from None
        if not isinstance(message, dict):
            raise self.complaint("expected a JSON object")
        return message

    def _decode_leniently(self, line: bytes) -> Any:
        try:
            return json.loads(line, parse_float=Decimal, parse_int=_integer, parse_constant=Decimal)
        except ValueError:
            raise self.complaint("not JSON") from None
        except RecursionError:
            raise self.complaint("nested too deeply") from None

    def _lines(self) -> Iterator[bytes]:
        """Yield lines; a text file, as the SDK's command line opens one, is read by its bytes."""
        source: Any = getattr(self._input, "buffer", self._input)
        if not hasattr(source, "read1"):
            for line in source or ():
                yield line.encode() if isinstance(line, str) else line
            return
        begun: list[bytes] = []
        while chunk := source.read1(CHUNK_BYTES):
            *lines, rest = chunk.split(b"\n")
            if lines:
                lines[0] = b"".join([*begun, lines[0]])
                begun = []
            begun.append(rest)
            for self._read_ahead in range(len(lines) - 1, -1, -1):
                yield lines[len(lines) - 1 - self._read_ahead]
        if any(begun):
            yield b"".join(begun)


def _integer(digits: str) -> int | Decimal:
    """Return an integer of any size; Python reads no text of more than 4,300 digits as int."""
    return int(digits) if len(digits) <= LONGEST_INT else Decimal(digits)
