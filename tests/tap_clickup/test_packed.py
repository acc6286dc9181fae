"""Keys and records wait as JSON, and come out as they went in."""

from __future__ import annotations

from tap_clickup.packed import PackedKeys, PackedRecords, pack


def test_keys_come_out_each_time_and_repeated_ones_once() -> None:
    keys = PackedKeys([("b", "2"), ("a", "1"), ("b", "2")])
    keys.add([("a", "0")])
    assert [list(keys), list(keys)] == [[["a", "1"], ["b", "2"], ["a", "0"]]] * 2
    assert list(PackedKeys()) == []


def test_records_come_out_as_they_went_in() -> None:
    record = {"id": "5", "duration_ms": 2**53 + 1, "is_running": None, "name": "結帳 \U0001f600"}
    other = dict.fromkeys(record, "6")
    records = PackedRecords(list(record), [pack(record), pack(other)])
    assert [list(records), list(records)] == [[record, other]] * 2
    assert [*records.column("duration_ms")] == [2**53 + 1, "6"]
    assert [*records.select(records.texts[1:])] == [other]
