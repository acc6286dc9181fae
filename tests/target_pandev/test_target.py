"""Messages in, rows out: every value exact, every row once, and tables for whatever comes."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.exceptions import InvalidJSONSchema, RecordsWithoutSchemaException
from singer_sdk.singerlib.exceptions import InvalidInputLine

from target_pandev.database import StoreError
from target_pandev.errors import RejectedRecordsError
from target_pandev.target import TargetPandev
from tests.target_pandev.loading import THINGS, record, schema

if TYPE_CHECKING:
    from tests.target_pandev.loading import Loader


def test_an_unknown_stream_gets_a_table_with_exact_values(store: Loader) -> None:
    values = {
        "id": "line\nbreak\ttab \\ 'quote' \"double\" \u200f😀",
        "amount": 12345678901234567890.5,
        "count": 2**80,
        "on": "2024-02-29",
        "at": "2024-01-01T00:00:00.123456+05:00",
        "flag": False,
        "nested": {"a": [1, None, {"b": "\n"}]},
        "Order": "",
    }
    line = json.dumps(record("things", values)).replace("1.2345678901234567e+19", "0.10")
    store.load(THINGS, line)
    assert store.rows('SELECT id, amount, count, "on", at, flag, nested, "Order" FROM things') == [
        (
            values["id"],
            Decimal("0.10"),
            2**80,
            date(2024, 2, 29),
            datetime(2023, 12, 31, 19, 0, 0, 123456, UTC),
            False,
            {"a": [1, None, {"b": "\n"}]},
            "",
        )
    ]


def test_a_record_loaded_twice_is_one_row_and_costs_no_write(store: Loader) -> None:
    store.load(THINGS, record("things", {"id": "1", "flag": True}))
    (before,) = store.rows("SELECT ctid, xmin::text, xmax::text, * FROM things")
    store.load(THINGS, record("things", {"id": "1", "flag": True}, at="2026-04-01T00:00:00Z"))
    assert store.rows("SELECT ctid, xmin::text, xmax::text, * FROM things") == [before]


def test_the_last_of_several_versions_in_one_batch_counts(store: Loader) -> None:
    store.load(
        THINGS,
        record("things", {"id": "1", "Order": "first"}),
        record("things", {"id": "1", "Order": "second"}),
    )
    assert store.rows('SELECT id, "Order" FROM things') == [("1", "second")]


def test_without_a_key_every_record_is_a_row(store: Loader) -> None:
    store.load(
        schema("logs", {"text": "string"}), *[record("logs", {"text": "same"}) for _ in range(2)]
    )
    assert store.rows("SELECT text FROM logs") == [("same",), ("same",)]


def test_a_schema_may_get_another_property_in_mid_stream(store: Loader) -> None:
    store.load(
        schema("things", {"id": "string"}, ["id"]),
        record("things", {"id": "1"}),
        schema("things", {"id": "string", "new": "integer"}, ["id"]),
        record("things", {"id": "2", "new": 5}),
    )
    assert store.rows("SELECT id, new FROM things ORDER BY id") == [("1", None), ("2", Decimal(5))]


def test_a_property_that_the_records_lack_is_null(store: Loader) -> None:
    store.load(THINGS, record("things", {"id": "1"}))
    assert store.rows('SELECT amount, nested, "Order" FROM things') == [(None, None, None)]


def test_names_that_need_quoting_or_are_long_are_columns(store: Loader) -> None:
    long = "x" * 80
    store.load(
        schema(
            'odd "table', {"id": "string", "Id": "string", "a b": "string", long: "string"}, ["id"]
        ),
        record('odd "table', {"id": "1", "Id": "2", "a b": "3", long: "4"}),
    )
    (row,) = store.rows('SELECT * FROM "odd ""table"')
    assert row[:4] == ("1", "2", "3", "4")


def test_a_table_of_the_store_takes_no_property_it_was_not_made_for(
    store: Loader, caplog: pytest.LogCaptureFixture
) -> None:
    store.load(
        schema(
            "spaces",
            {"workspace_id": "string", "id": "string", "secret_notes": "string"},
            ["workspace_id", "id"],
        ),
        record("spaces", {"workspace_id": "1", "id": "2", "secret_notes": "hidden"}),
    )
    assert store.rows("SELECT to_jsonb(spaces)::text ~ 'hidden' FROM spaces") == [(False,)]
    assert "spaces: the store has no column for secret_notes, not loaded" in caplog.text


def test_a_stream_whose_key_is_not_that_of_its_table_is_refused(store: Loader) -> None:
    with pytest.raises(StoreError, match=r"stream tasks: its key is \(id\), the key of its table"):
        store.load(schema("tasks", {"id": "string"}, ["id"]), record("tasks", {"id": "1"}))


def test_states_come_out_after_what_stands_before_them(
    store: Loader, capsys: pytest.CaptureFixture[str]
) -> None:
    store.load(THINGS, record("things", {"id": "1"}), {"type": "STATE", "value": {"a": 1}})
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [{"a": 1}]


def test_a_record_before_its_schema_stops_the_run(
    store: Loader, capsys: pytest.CaptureFixture[str]
) -> None:
    state = {"type": "STATE", "value": {"a": 1}}
    with pytest.raises(RecordsWithoutSchemaException, match="A record for stream 'things'"):
        store.load(record("things", {"id": "1"}), state)
    assert capsys.readouterr().out == ""


def test_an_integer_of_five_thousand_digits_arrives(store: Loader) -> None:
    digits = "7" * 5000
    store.load(
        THINGS, f'{{"type":"RECORD","stream":"things","record":{{"id":"1","count":{digits}}}}}'
    )
    assert store.rows("SELECT count::text FROM things") == [(digits,)]


def test_a_schema_of_draft_4_is_understood(store: Loader) -> None:
    positive = {"type": "integer", "minimum": 0, "exclusiveMinimum": True}
    with pytest.raises(RejectedRecordsError):
        store.load(
            schema("things", {"id": "string", "n": positive}, ["id"]),
            record("things", {"id": "1", "n": 1}),
            record("things", {"id": "2", "n": 0}),
        )
    assert store.rows("SELECT id, n FROM things") == [("1", Decimal(1))]
    assert store.rows("SELECT field, reason FROM rejected_records") == [
        ("n", "violates the rule exclusiveMinimum of its schema")
    ]


@pytest.mark.parametrize("name", ["schema_versions", "rejected_records", "task_overview"])
def test_a_stream_named_like_something_of_the_store_is_refused(store: Loader, name: str) -> None:
    with pytest.raises(StoreError, match=f"stream {name}: the store uses the table of this name"):
        store.load(schema(name, {"id": "string"}, ["id"]))


METADATA = {"_sdc_extracted_at", "_sdc_hash", "_sdc_deleted_at"}
AWKWARD = ["ctid", "ctid_", "", "_", "a\0", "a\ufffd", "A", "a", "_sdc_source", "x" * 64, "x" * 65]


def test_difficult_and_similar_property_names_get_own_columns(
    store: Loader,
) -> None:
    values = {name: str(number) for number, name in enumerate(AWKWARD)}
    store.load(
        schema("things", {"id": "string", **dict.fromkeys(AWKWARD, "string")}, ["id"]),
        record("things", {"id": "1", **values}),
    )
    ((row,),) = store.rows("SELECT to_jsonb(t) - 'id' FROM things AS t")
    assert len({name for name in row if len(name.encode()) <= 63}) == len(AWKWARD) + 3
    assert sorted(row[name] for name in row if name not in METADATA) == sorted(values.values())


@pytest.mark.parametrize("name", ["_sdc_row", "_sdc_hash", "_sdc_extracted_at"])
def test_a_property_by_the_name_of_a_column_of_the_load_is_left_out(
    store: Loader, name: str
) -> None:
    of = {"id": "string", name: "string"}
    store.load(schema("things", of, ["id"]), record("things", {"id": "1", name: "x"}))
    assert store.rows("SELECT id FROM things") == [("1",)]
    with pytest.raises(StoreError, match=f"stream others: the key's property {name} has the name"):
        store.load(schema("others", of, [name]))


@pytest.mark.parametrize("bookmark", [None, "flag", 5, {}, [], [["flag"]], ["missing"]])
def test_odd_bookmark_properties_do_not_stop_a_run(store: Loader, bookmark: Any) -> None:
    store.load({**THINGS, "bookmark_properties": bookmark}, record("things", {"id": "a"}))
    assert store.rows("SELECT id FROM things") == [("a",)]


def test_key_properties_of_null_are_no_key(store: Loader) -> None:
    things = {**THINGS, "key_properties": None}
    store.load(things, record("things", {"id": "a"}), record("things", {"id": "a"}))
    assert store.rows("SELECT id FROM things") == [("a",), ("a",)]


@pytest.mark.parametrize("key", ["id", 5, ["missing"], [{"id": 1}], [None]])
def test_key_properties_that_name_no_property_stop_the_run(store: Loader, key: Any) -> None:
    with pytest.raises(InvalidInputLine) as error:
        store.load({**THINGS, "key_properties": key})
    assert str(error.value) == (
        "line 1: the key_properties of things are not a list of its properties"
    )


def test_a_key_that_names_a_property_twice_is_a_key(store: Loader) -> None:
    store.load(schema("things", {"id": "string"}, ["id", "id"]), record("things", {"id": "1"}))
    assert store.rows("SELECT id FROM things") == [("1",)]


def test_only_the_start_of_a_rejected_key_is_logged(
    store: Loader, caplog: pytest.LogCaptureFixture
) -> None:
    things = schema("things", {"id": "string", "n": "integer"}, ["id"])
    rejected = record("things", {"id": "k" * 5_000, "n": "none"})
    store.load(things, rejected, fail_on_rejected_records=False)
    start = f'["{"k" * 198}'
    (logged,) = [record.message for record in caplog.records if record.levelname == "ERROR"]
    assert logged == (f"rejected: stream things, key {start}, field n: expected integer or null")
    assert "k" * 199 not in caplog.text
    assert store.rows("SELECT length(key) FROM rejected_records") == [(5_004,)]


def test_batches_are_refused(store: Loader) -> None:
    with pytest.raises(InvalidInputLine, match="line 2: BATCH messages are not supported"):
        store.load(THINGS, {"type": "BATCH", "stream": "things", "manifest": ["file:///x"]})


def test_many_streams_share_one_limit_of_bytes(
    store: Loader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("target_pandev.target.BATCH_BYTES", 1000)
    names = [f"s{n}" for n in range(5)]
    messages = [schema(name, {"id": "string"}) for name in names]
    messages += [record(names[n % 5], {"id": "x" * 150}) for n in range(22)]
    target = TargetPandev(config={"store_url": store.database})
    try:
        target.process_lines(io.BytesIO("\n".join(map(json.dumps, messages)).encode()))  # type: ignore[arg-type]
        target.session.wait()
        stored = store.rows(" UNION ALL ".join(f"SELECT count(*) FROM {name}" for name in names))  # noqa: S608 - our own names
        assert (stored, target.session.pending_bytes > 0) == ([(4,)] * 5, True)
    finally:
        target.close()


def test_invalid_schema_is_rejected(store: Loader) -> None:
    with pytest.raises(InvalidJSONSchema, match="strange"):
        store.load(schema("things", {"id": {"type": "strange"}}, ["id"]))


def test_a_stream_map_may_rename_a_stream_and_drop_a_field(store: Loader) -> None:
    store.load(
        THINGS,
        record("things", {"id": "1", "Order": "secret"}),
        stream_maps={"things": {"Order": None, "__alias__": "renamed"}},
    )
    assert store.rows("SELECT to_jsonb(renamed) ? 'Order', id FROM renamed") == [(False, "1")]


@pytest.mark.parametrize("rows", [1, 7, 10_000])
def test_the_size_of_a_batch_makes_no_difference(store: Loader, rows: int) -> None:
    records = [record("things", {"id": str(n % 23), "count": n}) for n in range(50)]
    store.load(THINGS, *records, batch_size_rows=rows)
    newest = [(str(n % 23), Decimal(n)) for n in range(27, 50)]
    assert store.rows("SELECT id, count FROM things ORDER BY count") == newest


NUMBERS = schema("numbers", {"id": "number", "n": "integer"}, ["id"])
MIXED: tuple[dict[str, Any] | str, ...] = (
    NUMBERS,
    '{"type":"RECORD","stream":"numbers","record":{"id":1,"n":1}}',
    '{"type":"RECORD","stream":"numbers","record":{"id":10.50,"n":2}}',
    schema("events", {"n": "integer"}),
    *(record("events", {"n": n}) for n in range(9)),
    '{"type":"RECORD","stream":"numbers","record":{"id":1.00,"n":3}}',
    '{"type":"RECORD","stream":"numbers","record":{"id":"bad","n":4}}',
    record("numbers", {"id": 2, "n": 5}),
    schema("numbers", {"id": "number", "n": "string"}, ["id"]),
    '{"type":"RECORD","stream":"numbers","record":{"id":10.5,"n":"x"}}',
    record("numbers", {"id": 2, "_sdc_deleted_at": "2026-04-01T00:00:00Z"}),
    *(record("events", {"n": n}) for n in range(9)),
    '{"type":"RECORD","stream":"numbers","record":{"id":100,"n":"y"}}',
)


@pytest.mark.parametrize("rows", [1, 7, 10_000])
def test_the_same_messages_are_the_same_rows_with_batches_of_any_size(
    store: Loader, rows: int
) -> None:
    """D2: a Singer target."""
    store.load(*MIXED, batch_size_rows=rows, fail_on_rejected_records=False)
    assert store.rows(
        "SELECT id::text, n, _sdc_deleted_at IS NULL FROM numbers ORDER BY numbers.id"
    ) == [("1", "3", True), ("2", "5", False), ("10.5", "x", True), ("100", "y", True)]
    assert store.rows("SELECT n::int, count(*) FROM events GROUP BY n ORDER BY n") == [
        (n, 2) for n in range(9)
    ]
    assert store.rows("SELECT field FROM rejected_records") == [("id",)]


def test_sdk_settings_without_effect_are_not_offered() -> None:
    TargetPandev.append_builtin_config(TargetPandev.config_jsonschema)
    own = {
        "store_url", "store_dir", "store_schema", "batch_size_rows", "fail_on_rejected_records",
        "hard_delete", "hash_task_ids", "max_deleted_share", "repository_workspaces",
        "task_id_prefix",
    }  # fmt: skip
    of_the_sdk = {
        "faker_config", "flattening_enabled", "flattening_max_depth", "flattening_max_key_length",
        "flattening_separator", "stream_map_config", "stream_maps", "validate_records",
    }  # fmt: skip
    assert set(TargetPandev.config_jsonschema["properties"]) == own | of_the_sdk
