"""Deletions are applied by key: no row is compared with every deletion, nor with every key."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from psycopg.conninfo import make_conninfo

from tests.support.query_trees import watch_messages
from tests.target_pandev.loading import TIMESTAMP, at, load, record, schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg.errors import Diagnostic

EXPLAINING = (
    "-c session_preload_libraries=auto_explain -c auto_explain.log_min_duration=0 "
    "-c auto_explain.log_analyze=on -c auto_explain.log_timing=off "
    "-c auto_explain.log_format=json -c client_min_messages=log -c statement_timeout=60s"
)
COUNT = 1_000
MAX_ROWS = 20 * COUNT
TIME_ENTRIES = schema(
    "time_entries",
    {
        **dict.fromkeys(("workspace_id", "id", "user_id"), "string"),
        **dict.fromkeys(("started_at", "date_updated"), TIMESTAMP),
    },
    ["workspace_id", "id"],
    bookmark="date_updated",
)


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Return a list to which the plans of statements on tombstones are added, with their rows."""
    collected: list[dict[str, Any]] = []

    def note(message: Diagnostic) -> None:
        _, is_plan, plan = (message.message_primary or "").partition("plan:\n")
        if is_plan and "tombstones" in plan:
            collected.append(json.loads(plan))

    watch_messages(monkeypatch, note)
    return collected


def row_counts(plan: dict[str, Any]) -> Iterator[float]:
    """Yield how many rows, or pairs of rows, each step of a plan has handled."""
    removed = sum(value for name, value in plan.items() if name.startswith("Rows Removed by"))
    yield (plan["Actual Rows"] + removed) * plan["Actual Loops"]
    for part in plan.get("Plans", []):
        yield from row_counts(part)


def rows(time: str) -> list[dict[str, Any]]:
    read_at = at(time).isoformat()
    dates = {"user_id": "7", "started_at": read_at, "date_updated": read_at}
    return [
        record("time_entries", {"workspace_id": "900", "id": str(number), **dates}, at=read_at)
        for number in range(COUNT)
    ]


def deletions(time: str) -> list[dict[str, Any]]:
    deleted = {"workspace_id": "900", "_sdc_deleted_at": at(time).isoformat()}
    return [record("time_entries", {**deleted, "id": str(number)}) for number in range(COUNT)]


def test_deletions_are_found_by_key(database: str, plans: list[dict[str, Any]]) -> None:
    """Those of rows that are stored, and those of rows that are loaded."""
    explaining = make_conninfo(database, options=EXPLAINING)
    load(explaining, TIME_ENTRIES, *rows("10:00"))
    load(explaining, TIME_ENTRIES, *deletions("12:00"))
    load(explaining, TIME_ENTRIES, *rows("11:00"))
    applied = [plan for plan in plans if "WITH tombstone" in plan["Query Text"]]
    assert len(applied) == 2
    assert max(count for plan in applied for count in row_counts(plan["Plan"])) <= MAX_ROWS
