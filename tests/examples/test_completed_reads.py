"""The mapper of examples/completed_reads, by the worked example of the page and its rules."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from examples.completed_reads.mapper import Mapper
from examples.completed_reads.memory import Memory
from examples.completed_reads.scopes import matches

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Message = dict[str, Any]
DAY = "2025-11-11T"
MARKED_AT = f"{DAY}09:00:00+00:00"
SCHEMA: Message = {
    "type": "SCHEMA",
    "stream": "time_entries",
    "key_properties": ["workspace_id", "id"],
    "schema": {"properties": {"id": {"type": "string"}}},
}
READ: Message = {
    "workspace_id": "900",
    "stream": "time_entries",
    "scope": "2025-10-12/2025-11-11",
    "started_at": f"{DAY}09:00:00Z",
    "finished_at": f"{DAY}09:00:04Z",
    "conditions": {
        "workspace_id": {"in": ["900"]},
        "started_at": {"from": "2025-10-12T00:00:00Z", "before": "2025-11-11T00:00:00Z"},
        "user_id": {"in": ["1", "2"]},
    },
    "key_properties": ["id"],
    "count": 2,
    "keys": [["5001"], ["5002"]],
}


def entry(entry_id: str, user_id: str, time: str = "08:00:00Z", note: str = "a") -> Message:
    record = {"workspace_id": "900", "id": entry_id, "user_id": user_id, "note": note}
    record["started_at"] = "2025-10-20T10:00:00+02:00"
    return {
        "type": "RECORD",
        "stream": "time_entries",
        "record": record,
        "time_extracted": DAY + time,
    }


def completed(**changes: Any) -> Message:
    return {"type": "RECORD", "stream": "completed_reads", "record": {**READ, **changes}}


ROWS = [entry("5001", "1"), entry("5002", "2"), entry("5003", "2"), entry("5004", "3")]


class Filter:
    """The mapper with its memory; each run is one of the tap."""

    def __init__(self, path: Path) -> None:
        self.memory = Memory(path)
        self.refused = 0

    def run(self, *messages: Message) -> list[Message]:
        """Return what the target gets, after the schema."""
        output = io.StringIO()
        mapper = Mapper(self.memory, output, 0.2)
        mapper.run(json.dumps(message) for message in (SCHEMA, *messages))
        self.refused = mapper.refused
        return [json.loads(line) for line in output.getvalue().splitlines()][1:]

    def marks(self, *messages: Message) -> dict[str, str | None]:
        """Return the last mark that the target gets of each entry."""
        sent = [message for message in self.run(*messages) if message["type"] == "RECORD"]
        return {message["record"]["id"]: message["record"]["_sdc_deleted_at"] for message in sent}


@pytest.fixture
def mapper(tmp_path: Path) -> Iterator[Filter]:
    mapper = Filter(tmp_path / "rows.sqlite")
    yield mapper
    mapper.memory.close()


def test_the_worked_example_of_the_page(mapper: Filter) -> None:
    during = entry("5005", "1", "09:00:02Z")
    assert mapper.marks(*ROWS, during, completed()) == {
        "5001": None,
        "5002": None,
        "5003": MARKED_AT,
        "5004": None,
        "5005": None,
    }
    older, newer = entry("5003", "2", "08:30:00Z", "b"), entry("5003", "2", "10:00:00Z", "c")
    assert mapper.marks(older) == {"5003": MARKED_AT}
    assert mapper.marks(completed()) == {}
    assert mapper.marks(newer) == {"5003": None}


def test_a_marked_row_is_sent_whole_and_restored_by_its_key(mapper: Filter) -> None:
    *_, sent = mapper.run(*ROWS, completed())
    gone = entry("5003", "2")
    assert sent == {**gone, "record": {**gone["record"], "_sdc_deleted_at": MARKED_AT}}
    found = completed(started_at=f"{DAY}10:15:00Z", count=3, keys=[["5001"], ["5002"], ["5003"]])
    assert mapper.run(found) == [{**gone, "record": {**gone["record"], "_sdc_deleted_at": None}}]


def test_a_mark_is_sent_again_in_case_the_target_failed(mapper: Filter) -> None:
    mapper.run(*ROWS, completed())
    assert mapper.marks(completed(started_at=f"{DAY}11:00:00Z")) == {"5003": MARKED_AT}


def test_completed_reads_are_not_passed_on_and_others_are(mapper: Filter) -> None:
    other = {**SCHEMA, "stream": "completed_reads"}
    state = {"type": "STATE", "value": {"bookmarks": {}}}
    assert mapper.run(other, completed(keys=[], count=0), state) == [state]
    with pytest.raises(SystemExit, match="BATCH"):
        mapper.run({"type": "BATCH", "stream": "time_entries"})


@pytest.mark.parametrize(
    "changes",
    [
        {"stream": "tasks"},
        {"count": 3},
        {"key_properties": []},
        {"started_at": "2999-01-01T00:00:00Z"},
    ],
)
def test_a_read_that_cannot_be_applied_is_refused(mapper: Filter, changes: Message) -> None:
    assert set(mapper.marks(*ROWS, completed(**changes)).values()) == {None}
    assert mapper.refused == 1


def test_a_mass_deletion_is_refused(mapper: Filter) -> None:
    """Ten rows are always allowed, more only up to a fifth of the scope."""
    many = [entry(str(number), "1") for number in range(15)]
    some = completed(count=4, keys=[[str(number)] for number in range(4)])
    assert set(mapper.marks(*many, some).values()) == {None}
    assert mapper.refused == 1
    most = completed(count=5, keys=[[str(number)] for number in range(5)])
    marked = {key for key, mark in mapper.marks(most).items() if mark}
    assert marked == {str(number) for number in range(5, 15)}
    assert mapper.refused == 0


def test_a_condition_on_null_and_another_tenant_match_nothing() -> None:
    row = ROWS[0]["record"]
    assert matches(row, READ)
    assert not matches({**row, "user_id": None}, READ)
    assert not matches({**row, "workspace_id": "901"}, READ)
    assert not matches({**row, "started_at": "2025-11-11T00:00:00Z"}, READ)
    assert matches({**row, "started_at": "2025-10-12T02:00:00+02:00"}, READ)


def test_the_rows_are_for_their_user_only(mapper: Filter, tmp_path: Path) -> None:
    assert mapper.run(*ROWS)
    assert (tmp_path / "rows.sqlite").stat().st_mode & 0o777 == 0o600
