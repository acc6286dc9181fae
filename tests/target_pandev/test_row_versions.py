"""Of several versions of a row the newest stays, whatever their order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.scale import scaled
from tests.target_pandev.loading import record, schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.target_pandev.loading import Loader


TIMESTAMP = {"type": ["string", "null"], "format": "date-time"}


VERSIONED = schema(
    "notes",
    {"id": "string", "text": "string", "updated": TIMESTAMP},
    ["id"],
    bookmark="updated",
)


def note(text: str, updated: str, *, read: str) -> dict[str, Any]:
    return record(
        "notes",
        {"id": "1", "text": text, "updated": f"2026-01-{updated}T00:00:00Z"},
        at=f"2026-02-{read}T00:00:00Z",
    )


@pytest.mark.parametrize(
    ("stored", "arriving", "kept"),
    [
        (note("a", "02", read="01"), note("b", "01", read="09"), "a"),
        (note("a", "02", read="09"), note("b", "03", read="01"), "b"),
        (note("a", "02", read="02"), note("b", "02", read="01"), "a"),
        (note("a", "02", read="02"), note("b", "02", read="03"), "b"),
    ],
)
def test_an_older_version_never_overwrites_a_newer_one(
    store: Loader, stored: dict[str, Any], arriving: dict[str, Any], kept: str
) -> None:
    store.load(VERSIONED, stored)
    store.load(VERSIONED, arriving)
    assert store.rows("SELECT text FROM notes") == [(kept,)]


@pytest.mark.parametrize("batch_size", [1, 2])
@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [(None, "2026-01-01T00:00:00Z", "b"), ("2026-01-01T00:00:00Z", None, "a"), (None, None, "b")],
)
def test_a_version_that_is_known_wins_over_one_that_is_not(
    store: Loader, batch_size: int, first: str | None, second: str | None, kept: str
) -> None:
    notes = [
        {"id": "1", "text": "a", "updated": first},
        {"id": "1", "text": "b", "updated": second},
    ]
    records = [record("notes", values) for values in notes]
    store.load(VERSIONED, *records, batch_size_rows=batch_size)
    assert store.rows("SELECT text FROM notes") == [(kept,)]


def test_the_order_of_texts_is_not_that_of_versions(store: Loader) -> None:
    """As text, "10" comes before "9"."""
    revisions = schema("notes", {"id": "string", "revision": "string"}, ["id"], bookmark="revision")
    for revision, read in (("9", "03"), ("10", "04"), ("8", "02")):
        time = f"2026-02-{read}T00:00:00Z"
        store.load(revisions, record("notes", {"id": "1", "revision": revision}, at=time))
    assert store.rows("SELECT revision FROM notes") == [("10",)]


def test_the_newest_reading_of_a_batch_counts_wherever_it_stands(store: Loader) -> None:
    readings = [note("b", "02", read="03"), note("a", "02", read="01"), note("x", "01", read="09")]
    store.load(VERSIONED, *readings)
    assert store.rows("SELECT text FROM notes") == [("b",)]


@pytest.mark.parametrize(
    ("text", "read", "deleted"),
    [("a", "09", False), ("a", "06", False), ("b", "06", False), ("a", "01", True)],
)
def test_only_a_later_reading_revives_a_deleted_row(
    store: Loader,
    text: str,
    read: str,
    deleted: bool,  # noqa: FBT001 - a column of the table above
) -> None:
    store.load(VERSIONED, note("a", "02", read="05"))
    store.rows("UPDATE notes SET _sdc_deleted_at = '2026-02-06' RETURNING id")
    store.load(VERSIONED, note(text, "02", read=read))
    assert store.rows("SELECT _sdc_deleted_at IS NOT NULL FROM notes") == [(deleted,)]


def test_an_older_record_behind_a_new_schema_does_not_win(store: Loader) -> None:
    narrow, wide = ({"id": "string", "v": "string", **more} for more in ({}, {"w": "string"}))
    store.load(
        schema("things", narrow, ["id"]),
        record("things", {"id": "1", "v": "old"}),
        schema("things", wide, ["id"]),
        record("things", {"id": "1", "v": "new", "w": "w"}),
        record("things", {"id": "2"}),
        batch_size_rows=2,
    )
    assert store.rows("SELECT v, w FROM things WHERE id = '1'") == [("new", "w")]


NOTES = [
    note("a", "01", read="01"),
    note("b", "02", read="02"),
    note("c", "02", read="03"),
    note("d", "03", read="01"),
]


@settings(
    max_examples=scaled(10, full=500), suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.permutations(NOTES), st.integers(1, 4))
def test_all_orders_of_the_same_messages_end_in_the_same_row(
    store: Loader, notes: Sequence[dict[str, Any]], batch: int
) -> None:
    store.load(VERSIONED, *notes, batch_size_rows=batch)
    assert store.rows("SELECT text FROM notes") == [("d",)]
    store.rows("DELETE FROM notes RETURNING id")
