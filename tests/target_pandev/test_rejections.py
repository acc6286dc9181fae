"""Bad records are named and kept; the good ones around them are loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from target_pandev.errors import RejectedRecordsError
from tests.target_pandev.loading import THINGS, record, schema

if TYPE_CHECKING:
    from tests.target_pandev.loading import Loader


BAD = [
    ({"id": "bad", "count": "many"}, '["bad"]', "count", "expected integer or null"),
    ({"id": "bad", "at": "2024-13-01"}, '["bad"]', "at", "expected a timestamp in ISO 8601"),
    ({"id": "bad", "at": "2024-W01-1"}, '["bad"]', "at", "PostgreSQL rejected it: "),
    ({"flag": True}, "[null]", "id", "the key is missing"),
    ({"id": "bad", "flag": "\0"}, '["bad"]', "flag", "expected boolean or null"),
    ({"id": "bad", "nested": []}, '["bad"]', "nested", "expected object or null"),
    ({"id": None}, "[null]", "id", "the key is missing"),
]


@pytest.mark.parametrize(("values", "key", "field", "reason"), BAD)
def test_an_invalid_record_is_kept_and_all_others_are_loaded(
    store: Loader, values: dict[str, Any], key: str, field: str, reason: str
) -> None:
    good = [record("things", {"id": name}) for name in ("1", "2", "3")]
    with pytest.raises(RejectedRecordsError, match="1 record was rejected, all others"):
        store.load(THINGS, *good[:2], record("things", values), good[2])
    assert store.rows("SELECT id FROM things ORDER BY id") == [("1",), ("2",), ("3",)]
    (rejected,) = store.rows("SELECT stream, key, field, reason FROM rejected_records")
    assert rejected[:3] == ("things", key, field)
    assert rejected[3].startswith(reason)


def test_only_rows_that_were_loaded_are_counted_as_stored(
    store: Loader, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither records that the target or PostgreSQL rejects, nor deletions."""
    caplog.set_level("INFO")
    values = [
        {"id": "1"},
        {"id": "2"},
        {"id": "3", "count": "many"},
        {"id": "4", "at": "2024-W01-1"},
        {"id": "5", "_sdc_deleted_at": "2024-01-01"},
    ]
    records = [record("things", value) for value in values]
    store.load(THINGS, *records, fail_on_rejected_records=False)
    assert caplog.messages[-1] == "stored 2 things in schema pandev; next: pandev report"


def test_a_rejected_record_keeps_its_declared_fields_only(store: Loader) -> None:
    with pytest.raises(RejectedRecordsError):
        store.load(THINGS, record("things", {"id": "1", "count": "x", "comment": "a secret"}))
    assert store.rows("SELECT record FROM rejected_records") == [({"id": "1", "count": "x"},)]


def test_a_rejected_record_keeps_only_columns_of_its_table(store: Loader) -> None:
    of = {"workspace_id": "string", "id": "string", "name": "string", "description": "string"}
    values = {"workspace_id": "1", "id": "2", "name": 3, "description": "a secret"}
    with pytest.raises(RejectedRecordsError):
        store.load(schema("tasks", of, ["workspace_id", "id"]), record("tasks", values))
    kept = {"workspace_id": "1", "id": "2", "name": 3}
    assert store.rows("SELECT record FROM rejected_records") == [(kept,)]


@pytest.mark.parametrize("number", ["NaN", "-Infinity"])
def test_what_is_no_number_of_json_is_rejected_and_not_made_null(
    store: Loader, number: str
) -> None:
    line = '{"type":"RECORD","stream":"things","record":{"id":"1","nested":{"a":%s}}}' % number  # noqa: UP031 - braces
    with pytest.raises(RejectedRecordsError):
        store.load(THINGS, line, record("things", {"id": "2"}))
    assert store.rows("SELECT id FROM things") == [("2",)]
    assert store.rows("SELECT key, field FROM rejected_records") == [('["1"]', "nested")]


def test_a_rejected_record_is_logged_without_its_values(
    store: Loader, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(RejectedRecordsError):
        store.load(THINGS, record("things", {"id": "1", "count": "a secret"}))
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == [
        'rejected: stream things, key ["1"], field count: expected integer or null'
    ]
    assert "a secret" not in caplog.text


def test_the_same_bad_record_is_kept_once_and_the_exit_is_a_setting(store: Loader) -> None:
    bad = record("things", {"id": "1", "count": "x"})
    for _ in range(2):
        store.load(THINGS, bad, bad, fail_on_rejected_records=False)
    assert store.rows("SELECT key, field FROM rejected_records") == [('["1"]', "count")]


def test_a_rejected_value_that_jsonb_cannot_store_is_kept_as_text(store: Loader) -> None:
    line = '{"type":"RECORD","stream":"things","record":{"id":"1","flag":1e200000}}'
    with pytest.raises(RejectedRecordsError):
        store.load(THINGS, line, record("things", {"id": "2"}))
    assert store.rows("SELECT id FROM things") == [("2",)]
    assert store.rows("SELECT key, jsonb_typeof(record) FROM rejected_records") == [
        ('["1"]', "string")
    ]


@pytest.mark.parametrize("depth", [400, 900])
def test_a_record_that_is_nested_deeply_is_loaded_or_rejected_alone(
    store: Loader, depth: int
) -> None:
    deep = "[" * depth + '"\\u0000"' + "]" * depth
    line = f'{{"type":"RECORD","stream":"things","record":{{"id":"1","nested":{{"a":{deep}}}}}}}'
    store.load(THINGS, line, record("things", {"id": "2"}), fail_on_rejected_records=False)
    loaded = store.rows("SELECT id FROM things")
    rejected = store.rows("SELECT key::jsonb ->> 0 FROM rejected_records")
    assert sorted(loaded + rejected) == [("1",), ("2",)]
    assert ("2",) in loaded


def test_an_integer_that_no_column_can_hold_is_refused_at_once(store: Loader) -> None:
    line = (
        '{"type":"RECORD","stream":"tasks","record":'
        '{"workspace_id":"w","id":"1","priority":1e3000000}}'
    )
    properties = {"workspace_id": "string", "id": "string", "priority": "integer"}
    with pytest.raises(RejectedRecordsError):
        store.load(schema("tasks", properties, ["workspace_id", "id"]), line)
    assert store.rows("SELECT field, reason FROM rejected_records") == [
        ("priority", "expected an integer of at most 19 digits")
    ]
