"""Schemas and records that are made to hang, to exhaust or to crash a run do none of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.exceptions import InvalidInputLine

from target_pandev.database import StoreError
from target_pandev.errors import RejectedRecordsError
from target_pandev.sinks import MAX_REJECTED_CHARACTERS
from tests.target_pandev.loading import load, record, schema

if TYPE_CHECKING:
    from tests.target_pandev.loading import Loader

MAX_SECONDS = 20
"""Far more than any of these takes, and far less than a run that hangs."""


def nested(depth: int) -> dict[str, Any]:
    """Return a schema of objects in objects."""
    inner: dict[str, Any] = {"type": "string"}
    for _ in range(depth):
        inner = {"type": "object", "properties": {"a": inner}}
    return inner


def schema_of(value: dict[str, Any], **keywords: Any) -> dict[str, Any]:
    """Return the SCHEMA message of a stream with the properties id and value."""
    message = schema("things", {"id": "string", "value": value}, ["id"])
    message["schema"] |= keywords
    return message


@pytest.mark.parametrize("pattern", ["^(a+)+$", "^(a|aa)+$", "^(?=(a+)+$)(a|aa)+$", "(.*a){25}!"])
def test_a_pattern_cannot_hang_a_run(store: Loader, pattern: str) -> None:
    started = time.monotonic()
    with pytest.raises(RejectedRecordsError):
        store.load(
            schema_of({"type": "string", "pattern": pattern}),
            record("things", {"id": "1", "value": "a" * 40 + "?"}),
        )
    assert time.monotonic() - started < MAX_SECONDS
    assert store.rows("SELECT field, reason FROM rejected_records") == [
        ("value", "violates the rule pattern of its schema")
    ]


def test_references_that_double_cannot_exhaust_a_run(store: Loader) -> None:
    """Read without limit, 24 definitions that use the next one twice are 16 million objects."""
    definitions: dict[str, Any] = {"d24": {"type": "string"}}
    for number in range(24):
        following = {"$ref": f"#/$defs/d{number + 1}"}
        definitions[f"d{number}"] = {"properties": {"a": following, "b": following}}
    started = time.monotonic()
    store.load(
        schema_of({"$ref": "#/$defs/d0"}, **{"$defs": definitions}),
        record("things", {"id": "1", "value": {"a": {}}}),
    )
    assert time.monotonic() - started < MAX_SECONDS
    assert store.rows("SELECT value FROM things") == [({"a": {}},)]


@pytest.mark.parametrize("reference", ["#", "#/properties/value", "#/nowhere"])
def test_a_schema_that_refers_to_itself_is_loaded(store: Loader, reference: str) -> None:
    if reference == "#/nowhere":
        with pytest.raises(Exception, match="not a JSON Schema"):
            store.load(schema_of({"$ref": reference}))
        return
    store.load(schema_of({"$ref": reference}), record("things", {"id": "1", "value": {"id": "2"}}))
    assert store.rows("SELECT value FROM things") == [({"id": "2"},)]


def test_a_schema_that_is_too_deep_is_one_line(store: Loader) -> None:
    with pytest.raises(InvalidInputLine, match="line 1: the schema of things is nested too deeply"):
        store.load(schema_of(nested(300)))
    store.load(schema_of(nested(20)), record("things", {"id": "1", "value": {}}))


@pytest.mark.parametrize("number", ["1e999999999999999999999", "-1E+999999999999999999999"])
def test_a_number_beyond_every_limit_is_one_line(store: Loader, number: str) -> None:
    line = f'{{"type":"RECORD","stream":"things","record":{{"id":"1","value":{number}}}}}'
    with pytest.raises(InvalidInputLine, match="line 2: a number is too large"):
        store.load(schema_of({"type": "number"}), line)


def test_a_rejected_record_of_any_size_stops_nothing(store: Loader) -> None:
    with pytest.raises(RejectedRecordsError):
        store.load(
            schema_of({"type": "integer"}),
            record("things", {"id": "1", "value": "a" * MAX_REJECTED_CHARACTERS}),
            record("things", {"id": "2", "value": 2}),
        )
    assert store.rows("SELECT id FROM things") == [("2",)]
    assert store.rows("SELECT record FROM rejected_records") == [
        ("not kept: 16,777,237 characters",)
    ]


def test_a_key_may_be_named_like_a_column_of_tombstones(store: Loader) -> None:
    things = schema("things", {"id": "string", "deleted_at": "string"}, ["id", "deleted_at"])
    key = {"id": "1", "deleted_at": "never"}
    store.load(
        things,
        record("things", key),
        record("things", {**key, "_sdc_deleted_at": "2026-03-02T00:00:00Z"}),
    )
    assert store.rows("SELECT id FROM things WHERE _sdc_deleted_at IS NOT NULL") == [("1",)]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "store_schema: empty; choose a name"),
        ("x" * 64, "store_schema: longer than 63 bytes; choose a shorter name"),
        ("ü" * 32, "store_schema: longer than 63 bytes; choose a shorter name"),
        ("information_schema", "store_schema information_schema: belongs to PostgreSQL; choose"),
        ("pg_catalog", "store_schema pg_catalog: belongs to PostgreSQL; choose another name"),
    ],
)
def test_a_schema_that_cannot_be_ours_is_refused(
    empty_database: str, name: str, message: str
) -> None:
    with pytest.raises(StoreError) as error:
        load(empty_database, schema_of({}), store_schema=name)
    assert str(error.value).startswith(message)
    load(empty_database, schema_of({}), store_schema="x" * 63)
