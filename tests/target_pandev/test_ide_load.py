"""What a load of editor events reads and writes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from psycopg.sql import SQL

from target_pandev.sql import read_statement
from tests.target_pandev.ide import (
    IDE_EVENTS,
    PATH,
    USER1,
    USER2,
    Event,
    events,
    records,
)
from tests.target_pandev.test_views_cost import scans

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.target_pandev.loading import Loader

BRANCH = "CU-86a1"
REFERENCES = """
SELECT repository_id, object_key, reference FROM task_references WHERE source = 'ide_branch'
ORDER BY repository_id, object_key
"""


def load(store: Loader, events: Iterable[Event]) -> None:
    store.load(IDE_EVENTS, *records(events))


def test_events_of_a_person_are_stored_together_in_order(store: Loader) -> None:
    """A day is then a few pages of the table, which a late event reads."""
    arrivals = [
        *events(USER2, "02 09:00:00", branch="z"),
        *events(USER1, "02 09:02:00", branch="a"),
        *events(USER2, "02 09:01:00", branch="b"),
        *events(USER1, "02 09:01:00", branch="c"),
    ]
    load(store, arrivals)
    stored = "SELECT email, to_char(occurred_at, 'HH24:MI') FROM ide_events ORDER BY ctid"
    assert store.rows(stored) == [
        (USER1, "09:01"),
        (USER1, "09:02"),
        (USER2, "09:00"),
        (USER2, "09:01"),
    ]


def test_a_day_is_derived_without_reading_other_days(store: Loader) -> None:
    store.connection.execute(
        "INSERT INTO ide_events (email, occurred_at, source, event_hash, _sdc_extracted_at, "
        "_sdc_hash) SELECT 'user' || p || '@example.com', timestamptz '2026-03-02 09:00Z' "
        "+ d * interval '1 day' + m * interval '1 minute', 'pandev', 'h', now(), "
        "gen_random_uuid() FROM generate_series(1, 10) AS p, generate_series(0, 49) AS d, "
        "generate_series(0, 9) AS m"
    )
    days = {"emails": [USER1], "days": ["2026-03-04"]}
    insert = SQL(read_statement("insert_ide_intervals")).format(
        editor_repositories=SQL(read_statement("editor_repositories"))
    )
    explain = SQL("EXPLAIN (ANALYZE, FORMAT JSON) {}").format(insert)
    ((explained,),) = store.connection.execute(explain, days).fetchall()
    read = [rows for table, rows in scans(explained[0]["Plan"]) if table == "ide_events"]
    assert read == [10]


def test_a_known_branch_is_not_searched_again(store: Loader) -> None:
    """The references of a branch with intervals are stored; here they are deleted, to show it."""
    load(store, events(USER1, "02 09:00:00", "02 09:10:00", branch=BRANCH))
    assert store.rows(REFERENCES) == [(PATH, BRANCH, "86a1")]
    store.connection.execute("DELETE FROM task_references")
    load(store, events(USER2, "02 09:00:00", "02 09:20:00", branch=BRANCH))
    assert store.rows(REFERENCES) == []
    load(store, events(USER2, "03 09:00:00", branch=BRANCH, path="shop/cart"))
    assert store.rows(REFERENCES) == [("shop/cart", BRANCH, "86a1")]


def test_branches_without_intervals_are_searched(store: Loader) -> None:
    """So are branches of heartbeats, which have no path; their intervals do not count."""
    load(store, events(USER1, "02 09:00:00", branch="CU-86a2"))
    load(store, events(USER1, "02 10:00:00", "02 10:10:00", branch=BRANCH, path=None))
    store.connection.execute("DELETE FROM task_references")
    load(store, events(USER1, "02 11:00:00", branch="CU-86a2"))
    load(store, events(USER1, "02 12:00:00", branch=BRANCH, path=None))
    assert store.rows(REFERENCES) == [("", BRANCH, "86a1"), (PATH, "CU-86a2", "86a2")]


def test_an_hour_that_occurs_twice_after_midnight_counts(store: Loader) -> None:
    """In the Azores clocks are set back from 1:00 to 0:00, so that midnight occurs twice."""
    store.connection.execute("UPDATE reporting SET time_zone = 'Atlantic/Azores'")
    night = [
        Event(USER1, datetime(2026, 10, 25, 0, minute, tzinfo=UTC), branch="b")
        for minute in (20, 30)
    ]
    load(store, night)
    assert store.rows("SELECT started_at, ended_at, active_ms FROM ide_intervals") == [
        (night[0].at, night[1].at, 600_000)
    ]
