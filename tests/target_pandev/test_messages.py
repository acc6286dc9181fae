"""Singer lines in: exact, in order, and with knowledge of what waits."""

from __future__ import annotations

import io
import json
import os
from decimal import Decimal
from typing import Any

import pytest
from singer_sdk.singerlib.exceptions import InvalidInputLine

from target_pandev.messages import MessageReader


def read(*lines: bytes) -> list[dict[str, Any]]:
    """Return the messages of the type X in some lines."""
    messages: list[dict[str, Any]] = []
    MessageReader().process_lines(io.BytesIO(b"\n".join(lines)), {"X": messages.append})
    return messages


def test_numbers_keep_their_digits() -> None:
    (message,) = read(b'{"type":"X","a":0.1000,"b":1180591620717411303424,"c":1e400}')
    assert message == {
        "type": "X",
        "a": Decimal("0.1000"),
        "b": 1180591620717411303424,
        "c": Decimal("1E+400"),
    }


def test_what_msgspec_refuses_and_the_json_module_reads_is_read() -> None:
    (message,) = read(b'{"type":"X","a":"\\ud800"}')
    assert message["a"] == "\ud800"


def test_what_is_no_number_of_json_is_not_taken_for_null() -> None:
    (message,) = read(b'{"type":"X","a":[NaN,-Infinity]}')
    assert list(map(str, message["a"])) == ["NaN", "-Infinity"]


def test_blank_lines_and_a_missing_last_line_end_do_no_harm() -> None:
    assert read(b'{"type":"X"}', b"", b"  ", b'{"type":"X","last":1}') == [
        {"type": "X"},
        {"type": "X", "last": 1},
    ]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (b"not json, but a secret", "line 2: not JSON"),
        (b"[1]", "line 2: expected a JSON object"),
        (b'{"a":"a secret"}', "line 2: not a Singer message of a known type"),
        (b'{"type":"Y"}', "line 2: not a Singer message of a known type"),
        (b"\xff\xfe", "line 2: not JSON"),
    ],
)
def test_an_invalid_line_is_reported_by_its_number_only(line: bytes, complaint: str) -> None:
    with pytest.raises(InvalidInputLine) as error:
        read(b'{"type":"X"}', line)
    assert str(error.value) == complaint


def test_a_line_larger_than_a_chunk_arrives_whole() -> None:
    text = "x" * (3 << 20)
    (message,) = read(json.dumps({"type": "X", "a": text}).encode())
    assert message["a"] == text


def test_a_text_file_is_read_by_its_bytes() -> None:
    messages: list[dict[str, Any]] = []
    raw = io.BytesIO('{"type":"X","a":"é"}\n'.encode())
    MessageReader().process_lines(io.TextIOWrapper(raw, "latin-1"), {"X": messages.append})
    assert messages == [{"type": "X", "a": "é"}]


def test_the_reader_knows_whether_more_input_waits() -> None:
    out, into = os.pipe()
    reader, waits = MessageReader(), []

    def note(message: dict[str, Any]) -> None:
        waits.append((message["n"], reader.input_pending()))
        if message["n"] == 2:
            os.write(into, b'{"type":"X","n":3}\n')
        if message["n"] == 3:
            os.close(into)

    os.write(into, b'{"type":"X","n":1}\n{"type":"X","n":2}\n')
    with os.fdopen(out, "rb") as pipe:
        reader.process_lines(pipe, {"X": note})
    assert waits == [(1, True), (2, False), (3, False)]


def test_the_reader_calls_back_while_there_is_no_input() -> None:
    """It waits for input as long as the callback says, then calls it again."""
    out, into = os.pipe()
    reader = MessageReader()
    calls: list[int] = []

    def before_read() -> float | None:
        calls.append(len(calls))
        if len(calls) == 3:
            os.write(into, b'{"type":"X"}\n')
            os.close(into)
            return None
        return 0.001

    reader.before_read = before_read
    messages: list[dict[str, Any]] = []
    with os.fdopen(out, "rb") as pipe:
        reader.process_lines(pipe, {"X": messages.append})
    assert messages == [{"type": "X"}]
    assert calls == [0, 1, 2, 3]  # and before the end of the input
