"""Stored rows as records: exact values, random samples, ids."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from target_pandev.database import StoredObjects, StoreReader
from tests.target_pandev.loading import TIMESTAMP, Loader, record, schema

if TYPE_CHECKING:
    from collections.abc import Iterator

import pytest

PROPERTIES = {
    "workspace_id": "string",
    "id": "string",
    "points": "number",
    "tags": "array",
    "archived": "boolean",
    "date_updated": TIMESTAMP,
}
KEY = ["workspace_id", "id"]


@pytest.fixture
def reader(database: str) -> Iterator[StoreReader]:
    with StoreReader(database, schema="pandev") as reader:
        yield reader


def load_things(store: Loader, stream: str, *keys: tuple[str, str]) -> None:
    values = {
        "points": 0.1,
        "tags": ["a", 2.5],
        "archived": False,
        "date_updated": "2026-03-01T10:00:00.001+02:00",
    }
    store.load(
        schema(stream, PROPERTIES, KEY),
        *(record(stream, {"workspace_id": of, "id": name, **values}) for of, name in keys),
    )


@pytest.mark.parametrize("stream", ["tasks", 'my %s "things"'])
def test_a_row_is_read_with_exact_values(store: Loader, reader: StoreReader, stream: str) -> None:
    load_things(store, stream, ("900", "a"))
    stored = StoredObjects(reader, stream)
    row = stored.read("900", "a")
    assert row
    assert {name: row.values[name] for name in PROPERTIES} == {
        "workspace_id": "900",
        "id": "a",
        "points": Decimal("0.1"),
        "tags": ["a", Decimal("2.5")],
        "archived": False,
        "date_updated": datetime(2026, 3, 1, 8, 0, 0, 1000, tzinfo=UTC),
    }
    assert row.extracted_at == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert row.deleted_at is None
    assert stored.read("901", "a") is None


def test_a_sample_depends_on_its_seed(store: Loader, reader: StoreReader) -> None:
    keys = [(of, f"t{number}") for of in ("900", "901", "902") for number in range(20)]
    load_things(store, "tasks", *keys)
    stored = StoredObjects(reader, "tasks")
    sample = stored.sample(["900", "901"], 10, seed=1)
    assert len(set(sample)) == 10
    assert {of for of, _ in sample} == {"900", "901"}
    assert stored.sample(["900", "901"], 10, seed=1) == sample
    assert stored.sample(["900", "901"], 10, seed=2) != sample
    assert sorted(stored.sample(["901"], 100, seed=1)) == sorted(keys[20:40])
    assert stored.count(["900", "901"]) == 40


def test_ids_are_those_of_rows_that_are_not_deleted(store: Loader, reader: StoreReader) -> None:
    load_things(store, "tasks", ("900", "a"), ("900", "b"), ("901", "c"))
    store.connection.execute("UPDATE tasks SET _sdc_deleted_at = now() WHERE id = 'b'")
    stored = StoredObjects(reader, "tasks")
    assert stored.ids("900") == {"a"}
    row = stored.read("900", "b")
    assert row
    assert row.deleted_at is not None


def test_a_stream_without_a_table_does_not_exist(reader: StoreReader) -> None:
    assert not StoredObjects(reader, "nothing").exists
    assert StoredObjects(reader, "tasks").exists
