"""Which versions of a task `status_observations` keeps."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.target_pandev.loading import TASKS_WITH_STATUS, record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.target_pandev.loading import Loader

SEEN = [
    (1, "to do"),
    (2, "to do"),
    (3, "to do"),
    (4, "review"),
    (5, "to do"),
    (6, "to do"),
    (7, "to do"),
]
"""Day and status of a task's versions."""
OBSERVED = "SELECT extract(day FROM date_updated)::int, status FROM status_observations ORDER BY 1"


def seen(day: int, status: str | None, status_id: str | None = None) -> dict[str, Any]:
    """Return a version of the task."""
    of = {"status": status, "status_id": status_id}
    date_updated = f"2026-01-{day:02}T00:00:00+00:00"
    return record("tasks", {"workspace_id": "1", "id": "a", **of, "date_updated": date_updated})


@pytest.mark.parametrize("batch", [1, 2, 3, 10_000])
def test_the_first_version_and_those_around_each_change_are_kept(store: Loader, batch: int) -> None:
    versions = [seen(day, state) for day, state in SEEN]
    store.load(TASKS_WITH_STATUS, versions[0])
    assert store.rows(OBSERVED) == []
    store.load(TASKS_WITH_STATUS, *versions, batch_size_rows=batch)
    assert store.rows(OBSERVED) == [SEEN[0], *SEEN[2:5]]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(SEEN), batch=st.integers(1, 8))
def test_no_order_of_arrival_loses_a_change_of_status(
    store: Loader, order: Sequence[tuple[int, str]], batch: int
) -> None:
    """DESIGN 4.2: every order gives the same changes; only how narrow their bounds are differs."""
    store.load(TASKS_WITH_STATUS, *(seen(*version) for version in order), batch_size_rows=batch)
    known = sorted({*store.rows(OBSERVED), SEEN[-1]})
    assert [state for state, _ in groupby(known, key=itemgetter(1))] == ["to do", "review", "to do"]
    assert {SEEN[0], SEEN[3]} <= set(known)
    assert store.rows("SELECT status, date_updated::date::text FROM tasks") == [
        ("to do", "2026-01-07")
    ]
    store.connection.execute("TRUNCATE tasks, status_observations")


def test_an_unknown_id_is_not_a_change_but_a_new_name_or_id_is(store: Loader) -> None:
    versions = [("open", "s1"), ("open", None), ("open", "s1"), ("new", "s1"), ("new", "s2")]
    for day, version in enumerate(versions, start=1):
        store.load(TASKS_WITH_STATUS, seen(day, *version))
    assert store.rows(OBSERVED) == [(1, "open"), (3, "open"), (4, "new"), (5, "new")]


def test_a_version_without_status_or_time_is_not_observed(store: Loader) -> None:
    without = record("tasks", {"workspace_id": "1", "id": "a", "status": "x", "date_updated": None})
    for version in without, seen(1, None), seen(2, "open"), seen(3, None):
        store.load(TASKS_WITH_STATUS, version)
    assert store.rows(OBSERVED) == [(2, "open")]
