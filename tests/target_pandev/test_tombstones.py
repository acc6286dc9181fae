"""Reported deletions are kept: only a later read restores a row, in every order of arrival."""

from __future__ import annotations

from itertools import pairwise
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from target_pandev.database import Deletion, Store, StreamSchema
from target_pandev.database.tombstones import apply_tombstones
from target_pandev.errors import RejectedRecordsError
from tests.support.scale import scaled
from tests.target_pandev.loading import (
    COMPLETED_READS,
    MARKS,
    NOTES,
    TASKS,
    TIMESTAMP,
    UNVERSIONED_NOTES,
    at,
    completed,
    note,
    record,
    schema,
    task,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_pandev.errors import RowError
    from tests.target_pandev.loading import Loader

ROWS = "SELECT text, _sdc_deleted_at FROM notes"


def deleted(time: str, stream: str = "notes", **key: Any) -> dict[str, Any]:
    """Return the record of a deletion, with the key only."""
    return record(stream, {**(key or {"id": "1"}), "_sdc_deleted_at": at(time).isoformat()})


def test_a_deletion_marks_the_row_and_keeps_its_values(store: Loader) -> None:
    values = {"workspace_id": "900", "id": "a", "name": "kept"}
    store.load(TASKS, record("tasks", values), task("b"), task("a", workspace="901"))
    half_empty = {"workspace_id": "900", "id": "a", "name": None}
    store.load(TASKS, record("tasks", {**half_empty, "_sdc_deleted_at": at("11:00").isoformat()}))
    assert store.rows(
        "SELECT workspace_id, id, name, _sdc_deleted_at FROM tasks ORDER BY workspace_id, id"
    ) == [("900", "a", "kept", at("11:00")), ("900", "b", None, None), ("901", "a", None, None)]


def test_a_deletion_needs_only_the_key(store: Loader) -> None:
    strict = schema("notes", {"id": "string", "text": {"type": "string"}}, ["id"])
    strict["schema"]["required"] = ["id", "text"]
    store.load(strict, note("a", "10:00"), deleted("11:00"))
    assert store.rows(ROWS) == [("a", at("11:00"))]


def test_a_deletion_may_arrive_before_its_row(store: Loader) -> None:
    store.load(NOTES, deleted("11:00"))
    assert store.rows(ROWS) == []
    store.load(NOTES, note("a", "10:00"))
    assert store.rows(ROWS) == [("a", at("11:00"))]
    store.load(NOTES, note("b", "12:00"))
    assert store.rows(ROWS) == [("b", None)]


READS = {"10:00": "a", "10:30": "b", "11:20": "c", "12:00": "d"}
DELETIONS = ["10:15", "11:00", "11:30", "13:00"]


@settings(
    max_examples=scaled(25, full=500), suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.sampled_from([*READS, *DELETIONS]), min_size=1, max_size=9),
    st.tuples(st.sampled_from([NOTES, UNVERSIONED_NOTES]), st.booleans()),
    st.lists(st.integers(0, 9), max_size=3),
    st.integers(1, 4),
)
def test_every_order_of_reads_and_deletions_ends_in_the_same_row(
    store: Loader,
    times: Sequence[str],
    kind: tuple[dict[str, Any], bool],
    cuts: Sequence[int],
    batch: int,
) -> None:
    notes, hard_delete = kind
    messages = [note(READS[time], time) if time in READS else deleted(time) for time in times]
    borders = sorted({0, len(messages), *(min(cut, len(messages)) for cut in cuts)})
    for start, end in pairwise(borders):
        store.load(notes, *messages[start:end], hard_delete=hard_delete, batch_size_rows=batch)
    read = max((time for time in times if time in READS), default=None)
    deletion = max((time for time in times if time in DELETIONS), default="")
    if read is None or (hard_delete and read < deletion):
        assert store.rows(ROWS) == []
    else:
        assert store.rows(ROWS) == [(READS[read], at(deletion) if read < deletion else None)]
    store.connection.execute("DROP TABLE notes; DELETE FROM tombstones")


@pytest.mark.parametrize(
    ("type_", "read", "deleted_key"),
    [
        ("number", 1, 1.0),
        ("integer", 2**70, 2**70),
        ("boolean", True, True),
        (TIMESTAMP, "2026-03-01T00:00:00Z", "2026-03-01T02:00:00+02:00"),
        ({"type": "string", "format": "date"}, "2026-03-01", "2026-03-01"),
        ("object", {"a": 1, "b": [2.0]}, {"b": [2], "a": 1}),
        ("string", "line\nbreak\tand \\ %s 'quote'", "line\nbreak\tand \\ %s 'quote'"),
        ("string", "\\N", "\\N"),
    ],
)
@pytest.mark.parametrize("first", ["row", "deletion"])
def test_deletions_match_keys_of_every_type(
    store: Loader, type_: Any, read: object, deleted_key: object, first: str
) -> None:
    odd = schema('odd %s "notes', {"100 %": type_}, ["100 %"])
    row = record('odd %s "notes', {"100 %": read})
    deletion = deleted("11:00", 'odd %s "notes', **{"100 %": deleted_key})
    for message in [row, deletion] if first == "row" else [deletion, row]:
        store.load(odd, message)
    assert store.rows('SELECT _sdc_deleted_at FROM "odd %s ""notes"') == [(at("11:00"),)]


@pytest.mark.parametrize(
    "settings_",
    [
        {},
        {"flattening_enabled": True, "flattening_max_depth": 2},
        {"stream_maps": {"notes": {"text": None, "__alias__": "notes"}}},
        {"stream_maps": {"notes": {"id": "id", "__else__": None}}},
        {"validate_records": False},
    ],
    ids=["plain", "flattened", "mapped", "all else dropped", "not validated"],
)
def test_a_deletion_arrives_in_every_configuration(
    store: Loader, settings_: Mapping[str, Any]
) -> None:
    store.load(NOTES, note("a", "10:00"), deleted("11:00"), **settings_)
    assert store.rows("SELECT _sdc_deleted_at FROM notes") == [(at("11:00"),)]


@pytest.mark.parametrize(
    ("message", "key", "field", "reason"),
    [
        (record("notes", {"_sdc_deleted_at": "2026-03-01"}), "[null]", "id", "the key is missing"),
        (record("notes", {"id": "1", "_sdc_deleted_at": "soon"}), '["1"]', "_sdc_deleted_at",
         "expected a timestamp in ISO 8601"),
        (record("notes", {"id": "1", "_sdc_deleted_at": True}), '["1"]', "_sdc_deleted_at",
         "expected a timestamp in ISO 8601"),
        (record("notes", {"id": "1", "_sdc_deleted_at": False}), '["1"]', "_sdc_deleted_at",
         "expected a timestamp in ISO 8601"),
        (record("notes", {"id": "1", "_sdc_deleted_at": ""}), '["1"]', "_sdc_deleted_at",
         "expected a timestamp in ISO 8601"),
        (record("notes", {"id": 7, "_sdc_deleted_at": "2026-03-01"}), "[7]", "id", "expected text"),
    ],
)  # fmt: skip
def test_an_invalid_deletion_is_rejected(
    store: Loader, message: dict[str, Any], key: str, field: str, reason: str
) -> None:
    with pytest.raises(RejectedRecordsError):
        store.load(NOTES, note("a", "10:00"), message)
    assert store.rows(ROWS) == [("a", None)]
    assert store.rows("SELECT key, field, reason FROM rejected_records") == [(key, field, reason)]


def test_a_deletion_in_a_stream_without_key_is_rejected(store: Loader) -> None:
    keyless = schema("notes", {"id": "string", "text": "string"})
    with pytest.raises(RejectedRecordsError):
        store.load(keyless, note("a", "10:00"), deleted("11:00"))
    assert store.rows(ROWS) == [("a", None)]
    assert store.rows("SELECT field, reason FROM rejected_records") == [
        ("_sdc_deleted_at", "the stream has no key, so the deleted row is unknown")
    ]


def test_a_null_deletion_time_does_not_delete(store: Loader) -> None:
    store.load(NOTES, record("notes", {"id": "1", "text": "a", "_sdc_deleted_at": None}))
    assert store.rows(ROWS) == [("a", None)]


def test_hard_deleted_rows_are_not_restored_by_late_reads(
    store: Loader,
) -> None:
    store.load(TASKS, task("a"), task("b"), task("c", workspace="901"))
    store.load(COMPLETED_READS, completed("tasks", ["a"], started="11:00"), hard_delete=True)
    assert store.rows(MARKS.format("tasks")) == [("a", None), ("c", None)]
    store.load(TASKS, task("b", read="10:59"), hard_delete=True)
    assert store.rows(MARKS.format("tasks")) == [("a", None), ("c", None)]
    store.load(TASKS, task("b", read="11:00"), hard_delete=True)
    assert store.rows(MARKS.format("tasks")) == [("a", None), ("b", None), ("c", None)]


@pytest.mark.parametrize("isolation", ["read committed", "repeatable read"])
def test_a_concurrent_row_and_its_deletion_are_serialised(
    database: str, monkeypatch: pytest.MonkeyPatch, isolation: str
) -> None:
    """The deletion waits for a lock, and sees what was committed meanwhile."""
    option = isolation.replace(" ", r"\ ")
    monkeypatch.setenv("PGOPTIONS", f"-c default_transaction_isolation={option}")
    stream = StreamSchema("notes", {"id": {"type": "string"}}, ("id",), None)
    merged = Event()
    recorded = Event()
    rejected: list[RowError] = []

    def apply_and_wait(*arguments: Any, **named: Any) -> None:
        apply_tombstones(*arguments, **named)
        merged.set()
        recorded.wait(0.5)  # times out, because the deletion waits for this load

    monkeypatch.setattr("target_pandev.database.store.apply_tombstones", apply_and_wait)
    with (
        Store(database, schema="pandev") as loading,
        Store(database, schema="pandev") as deleting,
    ):
        table = loading.table(stream)
        line = f"1\t{at('10:00').isoformat()}\t{'0' * 32}\t0\n"
        loading.load(table, [line.encode()], on_loaded=rejected.extend)
        assert merged.wait(60)
        deleting.record_deletions(table, [Deletion(("1",), at("11:00").isoformat())])
        recorded.set()
        _, rows = loading.query("SELECT _sdc_deleted_at FROM notes", {})
    assert rows == [(at("11:00"),)]
    assert rejected == []


@pytest.mark.parametrize("found", ["11:00", "12:00"])
def test_an_older_version_does_not_delete_a_restored_row_again(store: Loader, found: str) -> None:
    """A completed read that found the row is the later evidence; a record may be sent again."""
    store.load(NOTES, note("a", "10:00"), deleted("11:00"))
    read = completed("notes", ["1"], started=found, key_properties=["id"], workspace_id="")
    store.load(NOTES, COMPLETED_READS, read)
    assert store.rows(ROWS) == [("a", None)]
    store.load(NOTES, note("a", "10:00"))
    assert store.rows(ROWS) == [("a", None)]
    store.load(NOTES, deleted("13:00"), note("a", "10:00"))
    assert store.rows(ROWS) == [("a", at("13:00"))]
