"""Records of completed reads, and the scope of time entries."""

from __future__ import annotations

from datetime import UTC, datetime

from tap_clickup.date_slices import Slice
from tap_clickup.packed import PackedKeys
from tap_clickup.read_scope import CompletedRead, ReadScope, time_entry_scope

STARTED = datetime(2026, 3, 1, 12, tzinfo=UTC)
FINISHED = datetime(2026, 3, 1, 13, tzinfo=UTC)
MARCH = Slice("march", datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 31, tzinfo=UTC))
BOUNDS = {"from": "2026-03-01T00:00:00.000+00:00", "before": "2026-03-31T00:00:00.000+00:00"}


def test_a_completed_read_contains_each_key_once_in_order() -> None:
    scope = ReadScope("lists", STARTED, {"space_id": {"in": ["7"]}})
    keys = PackedKeys([("2",), ("1",), ("2",)])
    extracted = CompletedRead(scope, keys, "9001", FINISHED).extract()
    assert extracted.extracted_at == FINISHED
    assert extracted.record == {
        "workspace_id": "9001",
        "stream": "lists",
        "scope": "all",
        "started_at": "2026-03-01T12:00:00.000+00:00",
        "finished_at": "2026-03-01T13:00:00.000+00:00",
        "conditions": {"workspace_id": {"in": ["9001"]}, "space_id": {"in": ["7"]}},
        "key_properties": ["id"],
        "count": 2,
        "keys": [["1"], ["2"]],
    }


def test_the_scope_of_a_slice_has_its_bounds_and_users() -> None:
    scope = time_entry_scope(
        MARCH, started_at=STARTED, user_ids=["1", "2"], conditions={"space_id": {"in": ["7"]}}
    )
    assert scope == ReadScope(
        "time_entries",
        STARTED,
        {"started_at": BOUNDS, "user_id": {"in": ["1", "2"]}, "space_id": {"in": ["7"]}},
        name="march",
    )


def test_the_scope_of_one_task_has_its_own_name() -> None:
    scope = time_entry_scope(
        MARCH, started_at=STARTED, user_ids=["1"], task_id="86a1", conditions={}
    )
    assert scope.name == "march 86a1"
    assert scope.conditions == {
        "started_at": BOUNDS,
        "user_id": {"in": ["1"]},
        "task_id": {"in": ["86a1"]},
    }
