"""A read that came to its end marks what it did not find, in its scope and nowhere else."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from psycopg.conninfo import make_conninfo

from target_pandev.completed_reads import CompletedRead
from target_pandev.database import DeletionRules, StoreError
from target_pandev.database.connection import connect
from target_pandev.database.reconciliation import apply_completed_read
from target_pandev.errors import RejectedRecordsError
from tests.target_pandev.loading import (
    COMPLETED_READS,
    MARKS,
    READ_AT,
    TASKS,
    TIMESTAMP,
    at,
    completed,
    load,
    record,
    schema,
    task,
)

if TYPE_CHECKING:
    from tests.target_pandev.loading import Loader

ENTRIES = schema(
    "time_entries",
    {"workspace_id": "string", "id": "string", "user_id": "string", "started_at": TIMESTAMP},
    ["workspace_id", "id"],
)


def entry(name: str, user: str, started: str | None) -> dict[str, Any]:
    """Return the record of a time entry of a user, begun on a day of February."""
    return record(
        "time_entries",
        {
            "workspace_id": "900",
            "id": name,
            "user_id": user,
            "started_at": started and f"2026-02-{started}T00:00:00Z",
        },
    )


def test_a_row_found_in_another_scope_of_a_sweep_is_not_marked(store: Loader) -> None:
    store.load(TASKS, task("a"))
    for scope, keys in (("former list", []), ("present list", ["a"])):
        store.load(COMPLETED_READS, completed("tasks", keys, started="11:00", scope=scope))
    assert store.rows(MARKS.format("tasks")) == [("a", None)]


def test_a_repeated_read_does_not_hide_that_a_later_one_was_refused(store: Loader) -> None:
    names = [f"t{number:02}" for number in range(30)]
    store.load(TASKS, *[task(name) for name in names])
    accepted = completed("tasks", names, started="11:00")
    for read in (accepted, completed("tasks", [], started="12:00"), accepted):
        store.load(COMPLETED_READS, read, fail_on_rejected_records=False)
    assert store.rows("SELECT stream, record ->> 'started_at' FROM rejected_records") == [
        ("completed_reads", "2026-03-01T12:00:00+00:00")
    ]


def test_keys_of_two_texts_are_compared_by_text(store: Loader) -> None:
    """They are joined by "/0" for that, which the texts may contain themselves."""
    store.load(
        schema("pairs", {"a": "string", "b": "string"}, ["a", "b"]),
        record("pairs", {"a": "x/0y", "b": "z"}),
        record("pairs", {"a": "x", "b": "y/0z"}),
    )
    read = completed("pairs", [["x/0y", "z"]], started="11:00", key_properties=["a", "b"])
    read["record"]["workspace_id"] = ""
    store.load(COMPLETED_READS, read)
    assert store.rows("SELECT a, _sdc_deleted_at FROM pairs ORDER BY a DESC") == [
        ("x/0y", None),
        ("x", at("11:00")),
    ]


def test_missing_rows_are_marked_with_the_start_of_the_read(
    store: Loader,
) -> None:
    others = task("c", workspace="901")
    store.load(TASKS, task("a"), task("b"), others)
    store.load(COMPLETED_READS, completed("tasks", ["a"], started="11:00"))
    marks = "SELECT workspace_id, id, _sdc_deleted_at FROM tasks ORDER BY id"
    assert store.rows(marks) == [("900", "a", None), ("900", "b", at("11:00")), ("901", "c", None)]


def test_a_completed_read_is_stored_without_its_keys(
    store: Loader, caplog: pytest.LogCaptureFixture
) -> None:
    where = {"user_id": {"in": ["1"]}}
    read = completed("time_entries", ["x", "y"], started="11:00", where=where, scope="march")
    store.load(COMPLETED_READS, read)
    (row,) = store.rows("SELECT to_jsonb(completed_reads) - '_sdc_hash' FROM completed_reads")
    assert row == (
        {
            "workspace_id": "900",
            "stream": "time_entries",
            "scope": "march",
            "started_at": "2026-03-01T11:00:00+00:00",
            "finished_at": "2026-03-01T20:00:00+00:00",
            "conditions": where,
            "key_properties": ["id"],
            "count": 2,
            "_sdc_extracted_at": "2026-03-01T10:00:00+00:00",
            "_sdc_deleted_at": None,
        },
    )
    assert "not loaded" not in caplog.text


def test_only_rows_that_fulfil_every_condition_are_marked(store: Loader) -> None:
    where = {
        "workspace_id": {"in": ["900", "901"]},
        "started_at": {"from": "2026-02-10T01:00:00+01:00", "before": "2026-02-20T00:00:00Z"},
        "user_id": {"in": ["1", 2]},
    }
    store.load(
        ENTRIES,
        entry("before", "1", "09"),
        entry("first", "1", "10"),
        entry("found", "1", "11"),
        entry("last", "2", "19"),
        entry("next", "1", "20"),
        entry("other", "3", "15"),
        entry("unknown", "1", None),
    )
    store.load(COMPLETED_READS, completed("time_entries", ["found"], started="11:00", where=where))
    marked = "SELECT id FROM time_entries WHERE _sdc_deleted_at IS NOT NULL ORDER BY id"
    assert store.rows(marked) == [("first",), ("last",)]


def test_the_worked_example_of_the_documentation_ends_as_it_says(store: Loader) -> None:
    page = (Path(__file__).parents[2] / "docs" / "explained" / "completed-reads.md").read_text(
        encoding="utf-8"
    )
    read = json.loads(page.split("```json\n")[1].split("```")[0])
    entries = [("5001", "1", "08:00:00"), ("5003", "2", "08:00:00"), ("5004", "3", "08:00:00")]
    entries.append(("5005", "1", "09:00:02"))
    of = {"workspace_id": "900", "started_at": "2026-10-20T00:00:00Z"}
    store.load(
        ENTRIES,
        COMPLETED_READS,
        *[
            record("time_entries", {**of, "id": name, "user_id": user}, at=f"2026-11-11T{time}Z")
            for name, user, time in entries
        ],
        record("completed_reads", read),
    )
    nine = datetime(2026, 11, 11, 9, tzinfo=UTC)
    assert store.rows(MARKS.format("time_entries")) == [
        ("5001", None),
        ("5003", nine),
        ("5004", None),
        ("5005", None),
    ]


def test_keys_of_several_properties_are_compared_as_one(store: Loader) -> None:
    key = ["workspace_id", "scope_type", "scope_id", "status"]
    statuses = schema("statuses", dict.fromkeys(key, "string"), key)
    rows = [("list", "1", "open"), ("list", "1", "done"), ("list", "2", "open")]
    values = [dict(zip(key, ("900", *row), strict=True)) for row in rows]
    store.load(statuses, *[record("statuses", value) for value in values])
    keys = [["1", "done"], ["2", "open"], ["2", "done"]]
    names = ["scope_id", "status"]
    read = completed("statuses", keys, started="11:00", key_properties=names)
    store.load(COMPLETED_READS, read)
    assert store.rows(
        "SELECT scope_id, status, _sdc_deleted_at FROM statuses ORDER BY scope_id, status"
    ) == [("1", "done", None), ("1", "open", at("11:00")), ("2", "open", None)]


def test_members_who_left_are_marked_and_people_who_were_none_are_not(store: Loader) -> None:
    of = {"workspace_id": "string", "id": "string", "is_member": "boolean"}
    people = [("1", True), ("2", True), ("3", False), ("4", None)]
    store.load(
        schema("users", of, ["workspace_id", "id"]),
        *[
            record("users", {"workspace_id": "900", "id": name, "is_member": member})
            for name, member in people
        ],
    )
    where = {"is_member": {"in": [True]}}
    store.load(COMPLETED_READS, completed("users", ["1"], started="11:00", where=where))
    assert store.rows(MARKS.format("users")) == [
        ("1", None),
        ("2", at("11:00")),
        ("3", None),
        ("4", None),
    ]


def test_a_row_that_was_seen_since_the_read_began_is_not_marked(store: Loader) -> None:
    store.load(TASKS, task("a", read="10:59"), task("b", read="11:00"), task("c", read="11:01"))
    store.load(COMPLETED_READS, completed("tasks", [], started="11:00"))
    assert store.rows(MARKS.format("tasks")) == [("a", at("11:00")), ("b", None), ("c", None)]


def test_what_was_read_before_is_loaded_before_the_marking(store: Loader) -> None:
    store.load(
        COMPLETED_READS, TASKS, task("a"), task("b"), completed("tasks", ["a"], started="11:00")
    )
    assert store.rows(MARKS.format("tasks")) == [("a", None), ("b", at("11:00"))]


@pytest.mark.parametrize("started", ["10:30", "11:00"])
def test_a_completed_read_that_comes_late_or_again_changes_nothing(
    store: Loader, started: str
) -> None:
    store.load(TASKS, task("a"), task("b"))
    store.load(COMPLETED_READS, completed("tasks", ["a"], started="11:00"))
    assert store.rows(MARKS.format("tasks")) == [("a", None), ("b", at("11:00"))]
    before = store.rows("SELECT ctid, * FROM tasks ORDER BY id")
    stored = store.rows("SELECT ctid, * FROM completed_reads")
    store.load(COMPLETED_READS, completed("tasks", ["b"], started=started))
    assert store.rows("SELECT ctid, * FROM tasks ORDER BY id") == before
    assert store.rows("SELECT ctid, * FROM completed_reads") == stored
    assert store.rows("SELECT started_at FROM completed_reads") == [(at("11:00"),)]


def test_a_deletion_of_a_completed_read_is_applied(store: Loader) -> None:
    """A deletion contains only the key, and marks no rows of the stream that was read."""
    store.load(TASKS, task("a"))
    store.load(
        COMPLETED_READS,
        completed("tasks", ["a"], started="11:00", scope="kept"),
        completed("tasks", ["a"], started="11:00", scope="dropped"),
    )
    key = {"workspace_id": "900", "stream": "tasks", "scope": "dropped"}
    deletion = {**key, "_sdc_deleted_at": at("12:00").isoformat()}
    store.load(COMPLETED_READS, record("completed_reads", deletion))
    assert store.rows("SELECT scope, _sdc_deleted_at FROM completed_reads ORDER BY scope") == [
        ("dropped", at("12:00")),
        ("kept", None),
    ]
    assert store.rows(MARKS.format("tasks")) == [("a", None)]


def test_a_stream_that_the_store_does_not_know_can_be_marked_too(store: Loader) -> None:
    tickets = schema("tick%ets", {"no": "integer", "of%": "string", "open": "boolean"}, ["no"])
    rows = [(1, "x", True), (2, "x", True), (3, "y", True), (4, "x", False)]
    of = ("no", "of%", "open")
    store.load(tickets, *[record("tick%ets", dict(zip(of, row, strict=True))) for row in rows])
    where = {"of%": {"in": ["x"]}, "open": {"in": [True]}, "no": {"from": 1}}
    read = completed("tick%ets", [2], started="11:00", where=where, key_properties=["no"])
    store.load(COMPLETED_READS, read)
    assert store.rows('SELECT no::int, _sdc_deleted_at FROM "tick%ets" ORDER BY no') == [
        (1, at("11:00")),
        (2, None),
        (3, None),
        (4, None),
    ]


BAD: list[tuple[dict[str, Any], str | None, str]] = [
    ({"stream": "nothing"}, "stream", "the store has no table for a stream 'nothing'"),
    ({"stream": "task_overview"}, "stream", "the store has no table for a stream 'task_overview'"),
    ({"conditions": {"x": {"in": []}}}, "conditions", "its table has no column for 'x'"),
    ({"key_properties": ["x"]}, "key_properties", "its table has no column for 'x'"),
    ({"key_properties": []}, "key_properties", "expected at least one property name"),
    ({"conditions": None}, "conditions", "expected an object"),
    ({"conditions": {"id": {}}}, "conditions.id", "expected 'in', 'from' or 'before', and nothing"),
    ({"conditions": {"id": {"like": "x"}}}, "conditions.id", "expected 'in', 'from' or 'before'"),
    ({"conditions": {"id": {"in": "x"}}}, "conditions.id", "expected a list of values in 'in'"),
    ({"conditions": {"id": {"in": [None]}}}, "conditions.id", "expected texts, numbers, true"),
    ({"conditions": {"date_updated": {"from": "x"}}}, None, "PostgreSQL rejected a value of its"),
    ({"keys": None}, "keys", "expected lists of 1 value"),
    ({"keys": [["a", "b"]]}, "keys", "expected lists of 1 value"),
    ({"keys": [[{}]]}, "keys", "expected texts, numbers, true or false"),
    ({"count": 2}, "count", "expected the number of keys, which is 1"),
    ({"started_at": "2026-W99"}, "started_at", "expected a timestamp in ISO 8601"),
    ({"finished_at": "2025-01-01"}, "finished_at", "expected a timestamp that is not before st"),
]


@pytest.mark.parametrize(("wrong", "field", "reason"), BAD)
def test_an_invalid_completed_read_is_rejected_and_marks_nothing(
    store: Loader, wrong: dict[str, Any], field: str | None, reason: str
) -> None:
    store.load(TASKS, task("a"), task("b"))
    good = completed("time_entries", [], started="11:00")
    bad = completed("tasks", ["a"], started="11:00")
    bad["record"] |= wrong
    with pytest.raises(RejectedRecordsError, match="1 record was rejected, all others"):
        store.load(COMPLETED_READS, bad, good)
    assert store.rows(MARKS.format("tasks")) == [("a", None), ("b", None)]
    assert store.rows("SELECT stream FROM completed_reads") == [("time_entries",)]
    ((stream, key, *values, actual_reason),) = store.rows(
        "SELECT stream, key::jsonb, record ? 'keys', field, reason FROM rejected_records"
    )
    assert stream == "completed_reads"
    assert key == ["900", bad["record"]["stream"], "all"]
    assert values == [False, field]
    assert actual_reason.startswith(reason)


def test_a_marking_that_fails_stores_no_completed_read(store: Loader) -> None:
    store.load(TASKS, task("a"))
    store.connection.execute("ALTER TABLE tasks ADD CHECK (_sdc_deleted_at IS NULL)")
    with pytest.raises(StoreError, match="marking deleted rows of tasks: check violation"):
        store.load(COMPLETED_READS, completed("tasks", [], started="11:00"))
    assert store.rows("SELECT * FROM completed_reads") == []
    assert store.rows(MARKS.format("tasks")) == [("a", None)]


LITTLE_MEMORY = "-c work_mem=64kB -c statement_timeout=100s"
"""A second for 200,000 keys, hours if each row is compared with each of them."""


def test_two_hundred_thousand_keys_mark_the_one_row_that_they_lack(store: Loader) -> None:
    store.connection.execute(
        "INSERT INTO tasks (workspace_id, id, _sdc_extracted_at, _sdc_hash) "
        "SELECT '900', n::text, '2026-03-01 10:00', gen_random_uuid() "
        "FROM generate_series(0, 200000) AS n"
    )
    keys = [str(n) for n in range(200_000)]
    load(
        make_conninfo(store.database, options=LITTLE_MEMORY),
        COMPLETED_READS,
        completed("tasks", keys, started="11:00"),
    )
    marked = "SELECT id, _sdc_deleted_at FROM tasks WHERE _sdc_deleted_at IS NOT NULL"
    assert store.rows(marked) == [("200000", at("11:00"))]


def test_keys_of_two_properties_are_looked_up_too(store: Loader) -> None:
    store.connection.execute(
        "INSERT INTO statuses (workspace_id, scope_type, scope_id, status, _sdc_extracted_at, "
        "_sdc_hash) SELECT '900', 'list', n::text, 'open', '2026-03-01 10:00', gen_random_uuid() "
        "FROM generate_series(0, 100000) AS n"
    )
    keys = [[str(n), "open"] for n in range(100_000)]
    read = completed("statuses", keys, started="11:00", key_properties=["scope_id", "status"])
    load(make_conninfo(store.database, options=LITTLE_MEMORY), COMPLETED_READS, read)
    marked = "SELECT scope_id, _sdc_deleted_at FROM statuses WHERE _sdc_deleted_at IS NOT NULL"
    assert store.rows(marked) == [("100000", at("11:00"))]


def test_every_read_is_planned_with_its_keys(store: Loader) -> None:
    """PostgreSQL makes a plan for any keys otherwise, and compares each row with each of them."""
    store.load(TASKS, task("a"))
    with connect(store.database) as connection:
        connection.execute("SET search_path = pandev")
        for minute in range(10, 30):
            message = completed("tasks", ["a"], started=f"11:{minute}")
            read = CompletedRead.from_record(message["record"], extracted_at=READ_AT)
            assert apply_completed_read(connection, "pandev", read, DeletionRules())
        assert connection.execute(
            "SELECT sum(generic_plans), sum(custom_plans) > 10 FROM pg_prepared_statements "
            "WHERE statement LIKE '%<> ALL%'"
        ).fetchall() == [(0, True)]


def test_a_read_with_a_condition_that_no_row_has_is_rejected(store: Loader) -> None:
    """The property was not selected when the rows were loaded."""
    where = {"user_id": {"in": ["1"]}}
    without_user = [
        record("time_entries", {"workspace_id": "900", "id": name, "started_at": None})
        for name in ("a", "b")
    ]
    store.load(ENTRIES, *without_user)
    read = completed("time_entries", ["a"], started="11:00", where=where)
    store.load(COMPLETED_READS, read, fail_on_rejected_records=False)
    reason = (
        "null in all rows, so no deletion could be marked; select the property and load the "
        "stream again (--full-refresh)"
    )
    rejected = store.rows("SELECT field, reason FROM rejected_records")
    assert rejected == [("conditions.user_id", reason)]
    store.load(ENTRIES, entry("c", "1", "11"))
    store.load(COMPLETED_READS, completed("time_entries", ["a", "c"], started="11:00", where=where))
    assert store.rows("SELECT FROM rejected_records") == []
