"""Records are buffered, and a STATE is never written before the messages preceding it."""

from __future__ import annotations

import io
import json
import os
from contextlib import redirect_stdout
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.singerlib import RecordMessage, SchemaMessage, StateMessage

from tap_clickup.writer import BufferedWriter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from singer_sdk.singerlib import Message

AT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
LONG_TEXT = "x" * 3_000


class Pipe:
    """Standard output connected to a pipe, as in front of a target."""

    def __init__(self) -> None:
        self._reads, self._writes = os.pipe()
        os.set_blocking(self._reads, False)
        self._stdout = io.TextIOWrapper(os.fdopen(self._writes, "wb"))

    def write(self, message: Message) -> None:
        with redirect_stdout(self._stdout):
            BufferedWriter().write_message(message)

    def flush(self) -> None:
        self._stdout.flush()

    def arrived(self) -> bytes:
        """Return the bytes written since the last call."""
        try:
            return os.read(self._reads, 1_000_000)
        except BlockingIOError:
            return b""

    def close(self) -> None:
        self._stdout.close()
        os.close(self._reads)


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    opened = Pipe()
    yield opened
    opened.close()


def record(number: int, text: str = "") -> RecordMessage:
    return RecordMessage("tasks", {"id": number, "text": text}, time_extracted=AT)


def messages(data: bytes) -> list[Any]:
    """Return the id of each record and the type of each other message; all lines are complete."""
    assert data.endswith(b"\n")
    parsed = [json.loads(line) for line in data.splitlines()]
    return [
        message["record"]["id"] if message["type"] == "RECORD" else message["type"]
        for message in parsed
    ]


def test_records_are_buffered(pipe: Pipe) -> None:
    for number in range(3):
        pipe.write(record(number))
    assert pipe.arrived() == b""
    pipe.flush()
    assert messages(pipe.arrived()) == [0, 1, 2]


def test_state_is_flushed_after_all_records_before_it(pipe: Pipe) -> None:
    for number in range(3):
        pipe.write(record(number))
    pipe.write(StateMessage({"at": 3}))
    assert messages(pipe.arrived()) == [0, 1, 2, "STATE"]
    pipe.write(record(4))
    assert pipe.arrived() == b""


def test_a_decimal_keeps_its_digits(pipe: Pipe) -> None:
    number = "0.12345678901234567891"
    pipe.write(RecordMessage("tasks", {"custom_fields": {"a": Decimal(number)}}))
    pipe.flush()
    assert f'"custom_fields":{{"a":{number}}}'.encode() in pipe.arrived()


def test_schema_is_flushed_at_once(pipe: Pipe) -> None:
    pipe.write(SchemaMessage("tasks", {"properties": {"id": {}}}, ["id"]))
    assert messages(pipe.arrived()) == ["SCHEMA"]


@pytest.mark.parametrize("records", [1, 2, 3, 7, 16])
def test_state_follows_its_records_for_any_buffer_fill(pipe: Pipe, records: int) -> None:
    """The buffer has room for two of these records and a part of the third."""
    for number in range(1, records + 1):
        pipe.write(record(number, LONG_TEXT))
    before = pipe.arrived()
    pipe.write(StateMessage({"at": records}))
    output = before + pipe.arrived()
    assert messages(output) == [*range(1, records + 1), "STATE"]
    assert b'"STATE"' not in before


def test_control_characters_do_not_break_lines(pipe: Pipe) -> None:
    pipe.write(record(1))
    pipe.write(record(2, "Überlänge \U0001f680\u2028 \n\x00"))
    pipe.write(StateMessage({}))
    first, second, third = pipe.arrived().split(b"\n")[:3]
    assert json.loads(first)["record"] == {"id": 1, "text": ""}
    assert json.loads(second)["record"] == {"id": 2, "text": "Überlänge \U0001f680\u2028 \n\x00"}
    assert json.loads(third) == {"type": "STATE", "value": {}}
    assert json.loads(second)["time_extracted"] == "2026-03-04T05:06:07Z"
