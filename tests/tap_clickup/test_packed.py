"""Keys and records wait as JSON, and come out as they went in."""

from __future__ import annotations

from tap_clickup.packed import PackedKeys, PackedRecords, pack


def test_keys_are_distinct_and_sorted_each_time() -> None:
    keys = PackedKeys([("b", "2"), ("a", "1"), ("b", "2")])
    assert [list(keys), list(keys)] == [[["a", "1"], ["b", "2"]]] * 2


def test_records_come_out_as_they_went_in() -> None:
    record = {"id": "5", "duration_ms": 2**53 + 1, "is_running": None, "name": "結帳 \U0001f600"}
    records = PackedRecords([pack(record)])
    assert [list(records), list(records)] == [[record]] * 2
