"""Event files: which are read, whose they are, how arrays of any size are decoded."""

from __future__ import annotations

import io
import json
import os
import tracemalloc
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tap_ide import event_files
from tap_ide.event_files import CHUNK_CHARACTERS, decode_array
from tests.tap_ide.runner import USER1, USER2, event, write_events

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tap_ide.runner import Read

OWNERLESS = (
    "are in no folder that is named by an e-mail address; put them into one, or set email next to "
    "their path"
)
NO_ARRAY = "expected a JSON array of events; if it is still being written, the next run reads it"


def test_events_are_read_in_the_order_of_the_file_with_duplicates(
    tmp_path: Path, read: Read
) -> None:
    path = write_events(tmp_path / "a.json", event(60), event(0), event(60))
    run = read(path)
    assert run.column("occurred_at") == [
        "2026-03-01T09:01:00.250+00:00",
        "2026-03-01T09:00:00.250+00:00",
        "2026-03-01T09:01:00.250+00:00",
    ]
    assert run.rows[0] == run.rows[2]


def test_a_file_a_folder_and_a_pattern_are_read(tmp_path: Path, read: Read) -> None:
    for name in ("file.json", "folder/b.json", "folder/deep/c.json", "folder/d.txt"):
        write_events(tmp_path / name, event(project=name))
    for name in ("p1.json", "p2.json", "q.json"):
        write_events(tmp_path / "pattern" / name, event(project=name))
    run = read(tmp_path / "file.json", tmp_path / "folder", tmp_path / "pattern" / "p*.json")
    assert run.column("project") == [
        "file.json",
        "folder/b.json",
        "folder/deep/c.json",
        "p1.json",
        "p2.json",
    ]


def test_a_folder_named_by_an_address_says_whose_files_are_in_it(
    tmp_path: Path, read: Read
) -> None:
    write_events(tmp_path / "User1@Example.com" / "2026" / "a.json", event(project="1"))
    write_events(tmp_path / USER2 / "a.json", event(project="2"))
    run = read(event_files=[{"path": str(tmp_path)}])
    assert [(row["email"], row["project"]) for row in run.rows] == [(USER1, "1"), (USER2, "2")]


def test_files_that_cannot_be_read_are_named_and_the_others_are_read(
    tmp_path: Path, read: Read, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    write_events(tmp_path / "stray.json", event())
    write_events(tmp_path / USER1 / "good.json", event(project="good"))
    (tmp_path / USER1 / "half.json").write_text('[{"timestamp": 1')
    (tmp_path / USER1 / "object.json").write_text("{}")
    with pytest.raises(SystemExit) as ended:
        read(event_files=[{"path": str(tmp_path)}, {"path": "/nowhere/x", "email": USER1}])
    assert ended.value.code == 1
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == [
        f"event_files: 1 of the files, as '{tmp_path}/stray.json', {OWNERLESS}",
        "event_files: '/nowhere/x' does not exist",
        f"event_files: '{tmp_path}/{USER1}/half.json': {NO_ARRAY}",
        f"event_files: '{tmp_path}/{USER1}/object.json': {NO_ARRAY}",
    ]
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "RECORD" in line]
    assert [row["record"]["project"] for row in rows] == ["good"]


def test_a_file_of_two_employees_is_an_error(
    tmp_path: Path, read: Read, caplog: pytest.LogCaptureFixture
) -> None:
    path = write_events(tmp_path / "a.json", event())
    entries = [{"path": str(path), "email": email} for email in (USER1, USER2)]
    with pytest.raises(SystemExit):
        read(event_files=entries)
    assert f"'{path}' is that of {USER1} and of {USER2}; expected each file once" in caplog.text


def test_odd_events_are_counted_and_left_out(
    tmp_path: Path, read: Read, caplog: pytest.LogCaptureFixture
) -> None:
    odd: list[object] = [7, None, [], {}, {"timestamp": "soon"}, event(timestamp=1e99)]
    path = write_events(tmp_path / "a.json", *odd, event(project="good"))
    assert read(path).column("project") == ["good"]
    assert f"{path}: 6 events without a plausible timestamp left out" in caplog.text


def test_a_second_run_reads_only_files_that_have_changed(tmp_path: Path, read: Read) -> None:
    same = write_events(tmp_path / "same.json", event(project="same"))
    grown = write_events(tmp_path / "grown.json", event(project="old"))
    gone = write_events(tmp_path / "gone.json", event(project="gone"))
    first = read(tmp_path)
    assert sorted(first.column("project")) == ["gone", "old", "same"]
    assert first.state == read(tmp_path, state=first.state).state
    write_events(grown, event(project="old"), event(60, project="new"))
    write_events(tmp_path / "late.json", event(-86_400, project="late"))
    gone.unlink()
    second = read(tmp_path, state=first.state)
    assert second.column("project") == ["old", "new", "late"]
    assert len(second.bookmark["files"]) == 3
    os.utime(same, ns=(0, 0))
    assert read(tmp_path, state=second.state).column("project") == ["same"]


def test_another_start_date_reads_all_files_again(tmp_path: Path, read: Read) -> None:
    path = write_events(tmp_path / "a.json", event(0), event(86_400))
    later = read(path, start_date="2026-03-02")
    assert later.column("occurred_at") == ["2026-03-02T09:00:00.250+00:00"]
    assert read(path, state=later.state, start_date="2026-03-02").rows == []
    assert len(read(path, state=later.state).rows) == 2


@settings(max_examples=50)
@given(
    values=st.lists(
        st.recursive(
            st.none() | st.booleans() | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        )
    ),
    chunk=st.integers(1, 9),
    indent=st.sampled_from([None, 2]),
)
def test_arrays_are_decoded_whatever_the_chunks(
    values: list[object], chunk: int, indent: int | None
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(event_files, "CHUNK_CHARACTERS", chunk)
        assert [*decode_array(io.StringIO(json.dumps(values, indent=indent)))] == values


@pytest.mark.parametrize(
    "text", ["", "{}", "[", "[1", "[1,", "[1 2]", "[1],", "[{}]{}", "[{]", '["a]', "[,]", "x"]
)
def test_what_is_not_one_array_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"array|Expecting|Unterminated"):
        [*decode_array(io.StringIO(text))]


def test_a_large_array_takes_little_memory() -> None:
    """The array has 7 MB; decoded at once it takes 45 MB."""
    element = json.dumps(event())
    text = io.StringIO("[" + ",".join([element] * 23_000) + "]")
    tracemalloc.start()
    count = sum(1 for _ in decode_array(text))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 23_000
    assert peak < 8 * CHUNK_CHARACTERS


def test_an_endless_element_is_not_read_to_its_end() -> None:
    text = io.StringIO('["' + "x" * 20_000_000)
    with pytest.raises(ValueError, match="Unterminated"):
        next(decode_array(text))
    assert len(text.read()) > 17_000_000
