"""mapper-completed-reads, by the worked example of the page and its rules."""

from __future__ import annotations

import io
import json
import signal
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from click import ClickException
from singer_sdk.exceptions import ConfigValidationError

from mapper_completed_reads.completed_reads import CompletedRead
from mapper_completed_reads.mapper import MapperCompletedReads

if TYPE_CHECKING:
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


class Runner:
    """The mapper with its file of rows; each run is one of the tap."""

    def __init__(self, rows: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.rows = rows
        self.settings: Message = {"rows": str(rows)}
        self._capsys = capsys

    def run(self, *messages: Message) -> list[Message]:
        """Return what the target gets, after the schema."""
        lines = "".join(f"{json.dumps(message)}\n" for message in (SCHEMA, *messages))
        MapperCompletedReads(config=dict(self.settings)).listen(io.StringIO(lines))
        return self.read_output()

    def read_output(self) -> list[Message]:
        return [json.loads(line) for line in self._capsys.readouterr().out.splitlines()][1:]

    def marks(self, *messages: Message) -> dict[str, str | None]:
        """Return the last mark that the target gets of each entry."""
        return last_marks(self.run(*messages))

    def marks_despite_refusal(self, *messages: Message) -> dict[str, str | None]:
        """Return the same of a run that fails, as one of its completed reads is refused."""
        with pytest.raises(ClickException, match=r"reads that were refused: 1$"):
            self.run(*messages)
        return last_marks(self.read_output())


def last_marks(messages: list[Message]) -> dict[str, str | None]:
    sent = [message["record"] for message in messages if message["type"] == "RECORD"]
    return {record["id"]: record["_sdc_deleted_at"] for record in sent}


@pytest.fixture
def mapper(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Runner:
    return Runner(tmp_path / "rows.sqlite", capsys)


def test_the_worked_example_of_the_page(mapper: Runner) -> None:
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


def test_a_marked_row_is_sent_whole_and_restored_by_its_key(mapper: Runner) -> None:
    *_, sent = mapper.run(*ROWS, completed())
    gone = entry("5003", "2")
    assert sent == {**gone, "record": {**gone["record"], "_sdc_deleted_at": MARKED_AT}}
    found = completed(started_at=f"{DAY}10:15:00Z", count=3, keys=[["5001"], ["5002"], ["5003"]])
    assert mapper.run(found) == [{**gone, "record": {**gone["record"], "_sdc_deleted_at": None}}]


def test_an_older_read_of_another_scope_restores_nothing(mapper: Runner) -> None:
    mapper.run(*ROWS, completed())
    keys = [["5001"], ["5002"], ["5003"]]
    older = completed(scope="other", started_at=f"{DAY}08:30:00Z", count=3, keys=keys)
    assert mapper.marks(older) == {"5003": MARKED_AT}


def test_rows_before_a_state_are_kept_if_the_run_fails(mapper: Runner) -> None:
    state = {"type": "STATE", "value": {}}
    with pytest.raises(NotImplementedError, match="BATCH"):
        mapper.run(*ROWS, state, {"type": "BATCH", "stream": "time_entries"})
    mapper.read_output()
    assert mapper.marks(completed()) == {"5003": MARKED_AT}


def test_a_mark_is_sent_again_in_case_the_target_failed(mapper: Runner) -> None:
    mapper.run(*ROWS, completed())
    assert mapper.marks(completed(started_at=f"{DAY}11:00:00Z")) == {"5003": MARKED_AT}


def test_completed_reads_are_not_passed_on_and_others_are(mapper: Runner) -> None:
    other = {**SCHEMA, "stream": "completed_reads"}
    state = {"type": "STATE", "value": {"bookmarks": {}}}
    version = {"type": "ACTIVATE_VERSION", "stream": "time_entries", "version": 3}
    assert mapper.run(other, completed(keys=[], count=0), version, state) == [version, state]
    with pytest.raises(NotImplementedError, match="BATCH"):
        mapper.run({"type": "BATCH", "stream": "time_entries"})


def test_every_stream_gets_the_mark_also_without_a_key(mapper: Runner) -> None:
    """Records without a key cannot be found again, so none of them is ever marked."""
    schema = {**SCHEMA, "stream": "events", "key_properties": []}
    record = {"type": "RECORD", "stream": "events", "record": {"id": "1"}}
    read = completed(stream="events", conditions={}, keys=[], count=0)
    assert mapper.marks_despite_refusal(schema, record, read) == {"1": None}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"stream": "tasks"}, "its stream is unknown"),
        ({"count": 3}, "count is 3, and it has 2 keys"),
        ({"key_properties": []}, "Expected `array` of length >= 1 - at `$.key_properties`"),
        ({"started_at": "2999-01-01T00:00:00Z"}, "started_at is in the future"),
        (
            {"conditions": {"id": {"after": "1"}}},
            "Object contains unknown field `after` - at `$.conditions[...]`",
        ),
        (
            {"conditions": {"id": {"in": None}}},
            "Expected `array`, got `null` - at `$.conditions[...].in`",
        ),
    ],
)
def test_a_read_that_cannot_be_applied_is_refused(
    mapper: Runner, caplog: pytest.LogCaptureFixture, changes: Message, reason: str
) -> None:
    read = completed(**changes)
    assert set(mapper.marks_despite_refusal(*ROWS, read).values()) == {None}
    (refusal,) = [record.message for record in caplog.records if record.levelname == "ERROR"]
    name = f"{read['record']['stream']} {READ['scope']}"
    assert refusal == f"completed read refused: {name}: {reason}"


def test_a_bound_of_another_type_is_refused(mapper: Runner) -> None:
    read = completed(conditions={"started_at": {"from": 7}})
    assert set(mapper.marks_despite_refusal(*ROWS, read).values()) == {None}


def test_a_record_without_its_key_ends_the_run(mapper: Runner) -> None:
    record = {"type": "RECORD", "stream": "time_entries", "record": {"workspace_id": "900"}}
    with pytest.raises(ClickException, match=r"^a record of time_entries has no id, its key$"):
        mapper.run(record)


def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    text = tmp_path / "rows.txt"
    text.write_text("not a database")
    reasons = {tmp_path: "Is a directory", text: "file is not a database"}
    for path, reason in {**reasons, tmp_path / "a" / "b": "No such file or directory"}.items():
        with pytest.raises(ClickException) as refused:
            MapperCompletedReads(config={"rows": str(path)})
        assert refused.value.message == f"rows: '{path}': {reason}"


def test_a_mass_deletion_is_refused(mapper: Runner) -> None:
    """Ten rows are always allowed, more only up to a fifth of the scope."""
    many = [entry(str(number), "1") for number in range(15)]
    some = completed(count=4, keys=[[str(number)] for number in range(4)])
    assert set(mapper.marks_despite_refusal(*many, some).values()) == {None}
    most = completed(count=5, keys=[[str(number)] for number in range(5)])
    marked = {key for key, mark in mapper.marks(most).items() if mark}
    assert marked == {str(number) for number in range(5, 15)}


def test_a_larger_share_is_marked_if_it_is_set(mapper: Runner) -> None:
    many = [entry(str(number), "1") for number in range(15)]
    mapper.settings["max_deleted_share"] = "1"
    marks = mapper.marks(*many, completed(count=0, keys=[]))
    assert marks == {str(number): MARKED_AT for number in range(15)}


def test_settings_come_from_the_environment_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAPPER_COMPLETED_READS_ROWS", str(tmp_path / "rows.sqlite"))
    monkeypatch.setenv("MAPPER_COMPLETED_READS_MAX_DELETED_SHARE", "0.5")
    mapper = MapperCompletedReads(parse_env_config=True)
    assert mapper.config == {"rows": str(tmp_path / "rows.sqlite"), "max_deleted_share": "0.5"}
    for share in ("half", "1.5", 2, None):
        with pytest.raises(ConfigValidationError):
            MapperCompletedReads(
                config={"rows": str(tmp_path / "rows.sqlite"), "max_deleted_share": share}
            )


def test_a_condition_on_null_and_another_tenant_match_nothing() -> None:
    read = msgspec.convert(READ, CompletedRead)
    row = ROWS[0]["record"]
    assert read.matches(row)
    assert not read.matches({**row, "user_id": None})
    assert not read.matches({**row, "started_at": None})
    assert not read.matches({**row, "started_at": "2025-11-11T00:00:00Z"})
    assert read.matches({**row, "started_at": "2025-10-12T02:00:00+02:00"})
    everything = msgspec.convert({**READ, "conditions": {}}, CompletedRead)
    assert everything.matches(row)
    assert everything.matches({"id": "5001"})
    assert not everything.matches({**row, "workspace_id": "901"})


def test_a_signal_fails_the_run(mapper: Runner) -> None:
    """The default of the SDK is exit code 0, as if everything had been passed on."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        mapper.run()
        with pytest.raises(SystemExit) as ended:
            signal.raise_signal(signal.SIGTERM)
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    assert ended.value.code == 143


def test_the_rows_are_for_their_user_only(mapper: Runner) -> None:
    assert mapper.run(*ROWS)
    assert mapper.rows.stat().st_mode & 0o777 == 0o600
