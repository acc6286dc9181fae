"""ACTIVATE_VERSION: rows that a complete new version does not contain are deleted, no others."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from psycopg.conninfo import make_conninfo
from singer_sdk.singerlib.exceptions import InvalidInputLine

from target_pandev.errors import RejectedRecordsError
from tests.target_pandev.loading import at, load, record, schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.target_pandev.loading import Loader

THINGS = schema("things", {"id": "integer", "text": "string"}, ["id"])
KEYLESS = schema("things", {"id": "integer", "text": "string"})
STATE = {"type": "STATE", "value": {}}
ROWS = "SELECT id, _sdc_deleted_at FROM things ORDER BY id, _sdc_extracted_at"


def thing(name: int, version: int | None, read: str = "10:00", text: str = "x") -> dict[str, Any]:
    """Return a record of a version, read at a time of the day."""
    message = record("things", {"id": name, "text": text}, at=at(read).isoformat())
    return message if version is None else {**message, "version": version}


def things(names: Iterable[int], version: int, read: str = "10:00") -> list[dict[str, Any]]:
    return [thing(name, version, read) for name in names]


def activate(version: int) -> dict[str, Any]:
    return {"type": "ACTIVATE_VERSION", "stream": "things", "version": version}


def whole(
    names: Sequence[int], version: int, read: str, *, order: str = "behind"
) -> list[dict[str, Any]]:
    """Return the messages of a whole reading, its ACTIVATE_VERSION before or behind them."""
    records = things(names, version, read)
    if order == "behind":
        return [THINGS, *records, activate(version), STATE]
    if order == "before":
        return [THINGS, activate(version), *records, STATE]
    return [THINGS, activate(version), *records, activate(version), STATE]


@pytest.mark.parametrize("order", ["before", "behind", "both"])
@pytest.mark.parametrize("batch", [1, 3, 10_000])
def test_what_a_new_version_did_not_bring_is_marked_at_the_end(
    store: Loader, order: str, batch: int
) -> None:
    store.load(*whole(range(8), 1, "10:00", order=order), batch_size_rows=batch)
    store.load(*whole(range(1, 9), 2, "11:00", order=order), batch_size_rows=batch)
    rows: list[tuple[Any, ...]] = [(0, at("11:00")), *[(n, None) for n in range(1, 9)]]
    assert store.rows(ROWS) == rows


def test_rows_that_a_new_version_brings_unchanged_are_not_written(store: Loader) -> None:
    store.load(*whole(range(8), 1, "10:00"))
    before = store.rows("SELECT id, ctid, xmin::text FROM things ORDER BY id")
    assert [row[0] for row in before] == list(range(8))
    store.load(*whole(range(1, 8), 2, "11:00"))
    assert store.rows("SELECT id, ctid, xmin::text FROM things ORDER BY id")[1:] == before[1:]


def test_what_comes_back_in_a_later_version_is_alive(store: Loader) -> None:
    store.load(*whole([1, 2], 1, "10:00"))
    store.load(*whole([2], 2, "11:00"))
    store.load(*whole([1, 2], 3, "12:00"))
    assert store.rows(ROWS) == [(1, None), (2, None)]


@pytest.mark.parametrize(
    ("messages", "new_ids"),
    [
        ([THINGS, *things([2], 2, "11:00")], []),
        ([THINGS, *things([2], 2, "11:00"), STATE], []),
        ([THINGS, activate(2), *things([2], 2, "11:00")], []),
        ([THINGS, activate(2), *things([2], 2, "11:00"), STATE, *things([3], 2, "11:00")], [3]),
        ([THINGS, activate(2)], []),
    ],
    ids=[
        "not activated",
        "nor by a state",
        "cut among records",
        "cut behind a state",
        "only begun",
    ],
)
def test_a_reading_that_did_not_come_to_its_end_marks_nothing(
    store: Loader, messages: Sequence[dict[str, Any]], new_ids: Sequence[int]
) -> None:
    store.load(*whole([1, 2], 1, "10:00"))
    store.load(*messages)
    assert store.rows(ROWS) == [(name, None) for name in (1, 2, *new_ids)]


def test_a_line_that_is_cut_marks_nothing(store: Loader) -> None:
    store.load(*whole([1, 2], 1, "10:00"))
    with pytest.raises(InvalidInputLine, match=r"^line 5: not JSON$"):
        store.load(*whole([2], 2, "11:00"), json.dumps(thing(3, 2))[:-9])
    assert store.rows(ROWS) == [(1, None), (2, None)]


def test_a_table_that_is_empty_now_is_marked_whole(store: Loader) -> None:
    store.load(*whole([1, 2], 1, "10:00"))
    loading_began = datetime.now(UTC)
    store.load(THINGS, activate(2), STATE)
    ((first, first_mark), (second, second_mark)) = store.rows(ROWS)
    assert (first, second) == (1, 2)
    assert first_mark == second_mark
    assert loading_began <= first_mark <= datetime.now(UTC)


def test_the_guard_holds_for_versions_too(store: Loader) -> None:
    store.load(*whole(range(50), 1, "10:00"))
    with pytest.raises(RejectedRecordsError, match="1 record was rejected, all others"):
        store.load(*whole(range(11, 50), 2, "11:00"))
    assert store.rows(ROWS) == [(name, None) for name in range(50)]
    ((stream, key, values, reason),) = store.rows(
        "SELECT stream, key, record, reason FROM rejected_records"
    )
    assert stream == "things"
    assert key is None
    assert values == {"version": 2}
    assert reason == (
        "11 of 50 rows of things in this scope would be marked as deleted, more than "
        "max_deleted_share 0.2 allows; nothing was marked; check that the token can still read "
        "all of them; if they were really deleted, run once with max_deleted_share 1"
    )
    store.load(*whole(range(11, 50), 3, "12:00"), fail_on_rejected_records=False)
    assert store.rows("SELECT record FROM rejected_records") == [({"version": 3},)]
    store.load(*whole(range(11, 50), 4, "12:00"), max_deleted_share=1)
    assert store.rows("SELECT record FROM rejected_records") == []
    assert store.rows(ROWS) == [
        *((name, at("12:00")) for name in range(11)),
        *((name, None) for name in range(11, 50)),
    ]


def test_the_guard_holds_for_the_versions_of_a_day(store: Loader) -> None:
    store.load(*whole(range(100), 1, "10:00"))
    for version, first in enumerate(range(19, 100, 19), start=2):
        store.load(
            *whole(range(first, 100), version, f"1{version}:00"), fail_on_rejected_records=False
        )
    assert store.rows("SELECT count(*)::int FROM things WHERE _sdc_deleted_at IS NULL") == [(81,)]


def test_a_row_that_another_feed_saw_since_is_not_marked(store: Loader) -> None:
    store.load(*whole([1, 2], 1, "10:00"))
    store.load(THINGS, thing(1, None, "11:30", "y"))
    store.load(*whole([2], 2, "11:00"))
    assert store.rows(ROWS) == [(1, None), (2, None)]


def test_an_older_version_in_the_same_run_replaces_nothing(store: Loader) -> None:
    store.load(THINGS, *things([1], 1), *things([2], 2, "11:00"), activate(2), activate(1), STATE)
    assert store.rows(ROWS) == [(1, at("11:00")), (2, None)]


def test_a_record_that_was_rejected_may_exist_so_nothing_is_marked(
    store: Loader, caplog: pytest.LogCaptureFixture
) -> None:
    store.load(*whole([1, 2], 1, "10:00"))
    bad = {**record("things", {"id": 1, "text": 5}), "version": 2}
    store.load(
        THINGS, bad, *things([2], 2, "11:00"), activate(2), STATE, fail_on_rejected_records=False
    )
    assert store.rows(ROWS) == [(1, None), (2, None)]
    assert (
        "things: rows of older versions are kept: records of the version were rejected"
        in caplog.text
    )


def test_records_without_a_version_before_leave_it_open_what_is_gone(
    store: Loader, caplog: pytest.LogCaptureFixture
) -> None:
    store.load(*whole([1, 2], 1, "10:00"))
    store.load(THINGS, thing(1, None), *things([2], 2, "11:00"), activate(2), STATE)
    assert store.rows(ROWS) == [(1, None), (2, None)]
    assert "rows of older versions are kept: this run also loaded records without" in caplog.text


def test_a_schema_in_mid_stream_belongs_to_the_same_version(store: Loader) -> None:
    wider = schema("things", {"id": "integer", "text": "string", "more": "string"}, ["id"])
    store.load(*whole([1, 2, 3], 1, "10:00"))
    store.load(
        THINGS, *things([1], 2, "11:00"), wider, *things([2], 2, "11:00"), activate(2), STATE
    )
    assert store.rows(ROWS) == [(1, None), (2, None), (3, at("11:00"))]


def test_without_a_key_a_new_version_replaces_all_rows(
    store: Loader,
) -> None:
    for version, read in [(1, "10:00"), (2, "11:00")]:
        store.load(KEYLESS, *things(range(30), version, read), activate(version), STATE)
    marks = (
        "SELECT _sdc_deleted_at IS NOT NULL, _sdc_extracted_at, count(*) FROM things GROUP BY 1, 2"
    )
    assert sorted(store.rows(marks)) == [(False, at("11:00"), 30), (True, at("10:00"), 30)]


def test_without_a_key_the_limit_counts_rows_not_replaced(store: Loader) -> None:
    """Of the 50 old rows, 10 were replaced by as many new ones, which do not count."""
    store.load(KEYLESS, *things(range(50), 1), activate(1), STATE)
    with pytest.raises(RejectedRecordsError, match="1 record was rejected, all others"):
        store.load(KEYLESS, *things(range(10), 2, "11:00"), activate(2), STATE)
    assert store.rows("SELECT id, _sdc_deleted_at FROM things ORDER BY _sdc_extracted_at, id") == [
        *((name, None) for name in range(50)),
        *((name, None) for name in range(10)),
    ]
    rejected = "SELECT stream, key, record, reason FROM rejected_records"
    ((stream, key, values, reason),) = store.rows(rejected)
    assert (stream, key, values) == ("things", None, {"version": 2})
    assert reason == (
        "40 of 50 rows of things in this scope would be marked as deleted, more than "
        "max_deleted_share 0.2 allows; nothing was marked; check that the token can still read "
        "all of them; if they were really deleted, run once with max_deleted_share 1"
    )


@pytest.mark.parametrize("keyed", [True, False])
def test_hard_delete_deletes_what_a_new_version_did_not_bring(
    store: Loader, *, keyed: bool
) -> None:
    of = THINGS if keyed else KEYLESS
    store.load(of, *things([1, 2], 1), activate(1), STATE)
    store.load(of, *things([2], 2, "11:00"), activate(2), STATE, hard_delete=True)
    assert store.rows(ROWS) == [(2, None)]


def test_without_time_extracted_the_time_of_loading_counts(store: Loader) -> None:
    def untimed(name: int, version: int) -> dict[str, Any]:
        return {**record("things", {"id": name}, at=None), "version": version}

    store.load(THINGS, untimed(1, 1), untimed(2, 1), activate(1), STATE)
    store.load(THINGS, untimed(2, 2), activate(2), STATE)
    assert store.rows("SELECT id, _sdc_deleted_at IS NOT NULL FROM things ORDER BY id") == [
        (1, True),
        (2, False),
    ]


def test_a_version_of_a_renamed_stream_is_that_of_its_table(store: Loader) -> None:
    maps = {"things": {"__alias__": "renamed"}}
    for names, version, read in [([1, 2], 1, "10:00"), ([2], 2, "11:00")]:
        store.load(*whole(names, version, read), stream_maps=maps)
    assert store.rows("SELECT id, _sdc_deleted_at FROM renamed ORDER BY id") == [
        (1, at("11:00")),
        (2, None),
    ]


def test_version_of_a_stream_whose_key_contains_a_percent_sign(store: Loader) -> None:
    odd = schema("things", {"100 %": "integer"}, ["100 %"])
    for keys, version, read in [([1, 2], 1, "10:00"), ([2], 2, "11:00")]:
        records = [
            {**record("things", {"100 %": key}, at=at(read).isoformat()), "version": version}
            for key in keys
        ]
        store.load(odd, *records, activate(version), STATE)
    rows = store.rows('SELECT "100 %"::int, _sdc_deleted_at FROM things ORDER BY 1')
    assert rows == [(1, at("11:00")), (2, None)]


def test_the_keys_of_a_version_may_need_more_than_work_mem(store: Loader) -> None:
    """In a fraction of a second; it takes a minute if each row is compared with each key."""
    store.load(THINGS, STATE)
    store.connection.execute(
        "INSERT INTO things (id, _sdc_extracted_at, _sdc_hash) "
        "SELECT n, '2026-03-01 10:00', gen_random_uuid() FROM generate_series(0, 30000) AS n"
    )
    little_memory = "-c work_mem=64kB -c statement_timeout=20s"
    messages = whole(range(30_000), 2, "11:00")
    load(make_conninfo(store.database, options=little_memory), *messages)
    marked = "SELECT id, _sdc_deleted_at FROM things WHERE _sdc_deleted_at IS NOT NULL"
    assert store.rows(marked) == [(30_000, at("11:00"))]
