"""A property may change its type within a stream: stored and new values are kept."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from target_pandev.database import StoreError
from target_pandev.target import TargetPandev
from tests.target_pandev.loading import record, schema

if TYPE_CHECKING:
    from tests.target_pandev.loading import Loader

DATE = {"type": ["string", "null"], "format": "date"}
TIMESTAMP = {"type": ["string", "null"], "format": "date-time"}
TYPE = (
    "SELECT format_type(atttypid, NULL) FROM pg_attribute "
    "WHERE attrelid = 'things'::regclass AND attname = 'value'"
)
ANY = {"type": ["object", "array", "string", "number", "null"]}
MIDNIGHT = datetime(2026, 3, 1, tzinfo=UTC)


def thing(value: object, name: str) -> dict[str, Any]:
    return record("things", {"id": name, "value": value})


def process(target: TargetPandev, *messages: dict[str, Any]) -> None:
    """Process messages and load them; more may follow."""
    target.process_lines(io.BytesIO("\n".join(map(json.dumps, messages)).encode()))  # type: ignore[arg-type]
    target.drain_all()
    target.session.wait()


CHANGES = [
    (("integer", 5), ("number", 2.5), "numeric", [5, 2.5]),
    (("number", 1.10), ("string", "x"), "text", ["1.1", "x"]),
    (("string", "x"), ("number", 2**70), "text", ["x", "1180591620717411303424"]),
    (("string", "x"), ("boolean", False), "text", ["x", "false"]),
    (("boolean", True), ("string", "x"), "text", ["true", "x"]),
    (("boolean", True), ("integer", 0), "text", ["true", "0"]),
    (("string", "x"), ("array", ["y"]), "jsonb", ["x", ["y"]]),
    (("object", {"a": 1}), ("string", "x"), "jsonb", [{"a": 1}, "x"]),
    (("number", 1.5), (ANY, {"a": None}), "jsonb", [1.5, {"a": None}]),
    ((DATE, "2026-03-01"), (TIMESTAMP, "2026-03-01T02:00:00+02:00"), None, [MIDNIGHT, MIDNIGHT]),
    ((TIMESTAMP, "2026-03-01T00:00:00Z"), (DATE, "2026-03-01"), None, [MIDNIGHT, MIDNIGHT]),
    (
        (TIMESTAMP, "2026-03-01T00:00:00.5Z"),
        ("string", "soon"),
        "text",
        ["2026-03-01T00:00:00.5+00:00", "soon"],
    ),
    (("string", "soon"), (DATE, "2026-03-01"), "text", ["soon", "2026-03-01"]),
]
"""Type and value before and after, the resulting column type, and its values."""


@pytest.mark.parametrize(("before", "after", "type_", "kept"), CHANGES)
def test_a_column_is_widened_to_fit_stored_and_new_values(
    store: Loader,
    before: tuple[Any, object],
    after: tuple[Any, object],
    type_: str | None,
    kept: list[Any],
) -> None:
    for name, (declared, value) in zip("12", (before, after), strict=True):
        store.load(
            schema("things", {"id": "string", "value": declared}, ["id"]), thing(value, name)
        )
    assert store.rows(TYPE) == [(type_ or "timestamp with time zone",)]
    assert [value for (value,) in store.rows("SELECT value FROM things ORDER BY id")] == kept


@pytest.mark.parametrize(("before", "after", "type_", "kept"), CHANGES)
def test_a_column_widened_by_a_concurrent_load_takes_all_values(
    store: Loader,
    before: tuple[Any, object],
    after: tuple[Any, object],
    type_: str | None,
    kept: list[Any],
) -> None:
    declared, value = before
    message = schema("things", {"id": "string", "value": declared}, ["id"])
    running = TargetPandev(config={"store_url": store.database, "batch_size_rows": 1})
    process(running, message, thing(value, "1"))
    store.load(schema("things", {"id": "string", "value": after[0]}, ["id"]), thing(after[1], "2"))
    process(running, thing(value, "3"), thing(value, "4"))
    running.process_endofpipe()
    assert store.rows(TYPE) == [(type_ or "timestamp with time zone",)]
    values = [stored for (stored,) in store.rows("SELECT value FROM things ORDER BY id")]
    assert values == [*kept, kept[0], kept[0]]


def test_a_key_widened_by_a_concurrent_load_stays_the_same_key(store: Loader) -> None:
    running = TargetPandev(config={"store_url": store.database, "batch_size_rows": 1})
    things = [record("things", {"id": n, "value": n}) for n in (1, 2)]
    process(running, schema("things", {"id": "integer", "value": "integer"}, ["id"]), things[0])
    store.load(
        schema("things", {"id": "string", "value": "integer"}, ["id"]),
        record("things", {"id": "two", "value": 2}),
    )
    later = [{**message, "time_extracted": "2026-04-01T00:00:00Z"} for message in things]
    process(running, *later)
    running.process_endofpipe()
    assert store.rows("SELECT id, value FROM things ORDER BY id") == [
        ("1", 1),
        ("2", 2),
        ("two", 2),
    ]


def test_an_earlier_schema_may_be_sent_again(store: Loader) -> None:
    number, text = (
        schema("things", {"id": "string", "value": type_}, ["id"]) for type_ in ("number", "string")
    )
    store.load(number, thing(1, "1"), text, thing("x", "2"), number, thing(3, "3"))
    assert store.rows("SELECT value FROM things ORDER BY id") == [("1",), ("x",), ("3",)]


def test_a_key_may_change_its_type(store: Loader) -> None:
    store.load(schema("things", {"id": "integer"}, ["id"]), record("things", {"id": 1}))
    store.load(
        schema("things", {"id": "string"}, ["id"]),
        record("things", {"id": "1"}),
        record("things", {"id": "one"}),
    )
    assert store.rows("SELECT id FROM things ORDER BY id") == [("1",), ("one",)]


def test_a_column_used_by_a_view_is_reported_and_not_widened(store: Loader) -> None:
    store.load(schema("things", {"id": "string", "value": "number"}, ["id"]), thing(1, "1"))
    store.connection.execute("CREATE VIEW mine AS SELECT value FROM things")
    with pytest.raises(
        StoreError, match=r"stream things: a view .* its type: value \(text\); drop"
    ):
        store.load(schema("things", {"id": "string", "value": "string"}, ["id"]), thing("x", "2"))
    assert store.rows("SELECT id, value FROM things") == [("1", 1)]


def test_a_table_of_the_store_keeps_its_types(store: Loader) -> None:
    properties = {"workspace_id": "string", "id": "string", "name": "number"}
    values = {"workspace_id": "1", "id": "2", "name": 3}
    store.load(
        schema("spaces", properties, ["workspace_id", "id"]),
        record("spaces", values),
        fail_on_rejected_records=False,
    )
    assert store.rows("SELECT count(*) FROM spaces") == [(0,)]
    assert store.rows("SELECT field, reason FROM rejected_records") == [("name", "expected text")]


def test_a_reference_in_a_schema_is_resolved(store: Loader) -> None:
    message = schema(
        "things", {"id": "string", "value": {"$ref": "#/definitions/timestamp"}}, ["id"]
    )
    message["schema"]["definitions"] = {
        "timestamp": {"anyOf": [{"$ref": "#/definitions/known"}, {"type": "null"}]},
        "known": {"type": "string", "format": "date-time"},
    }
    store.load(message, thing("2026-03-01T00:00:00Z", "1"))
    assert store.rows("SELECT value FROM things") == [(MIDNIGHT,)]


def test_a_recursive_schema_is_jsonb(store: Loader) -> None:
    node = {"type": "object", "properties": {"child": {"$ref": "#/definitions/node"}}}
    message = schema("things", {"id": "string", "value": {"$ref": "#/definitions/node"}}, ["id"])
    message["schema"]["definitions"] = {"node": node}
    store.load(message, thing({"child": {"child": {}}}, "1"))
    assert store.rows("SELECT value FROM things") == [({"child": {"child": {}}},)]


def test_the_order_of_properties_does_not_change_a_row(store: Loader) -> None:
    declared = {"id": "string", "a": "string", "b": "string"}
    versions = []
    for properties in (declared, dict(reversed(declared.items()))):
        message = schema("things", properties, ["id"])
        store.load(message, record("things", {"id": "1", "a": "x", "b": "y"}))
        versions += store.rows("SELECT ctid, xmin::text FROM things")
    assert versions[0] == versions[1]
