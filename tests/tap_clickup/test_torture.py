"""One field of one object is odd: every other object is read, and the odd one is read or named.

`make test-long` tries far more variations; TORTURE_SEED draws others. A failure names its
variation.
"""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.scale import scaled
from tests.tap_clickup.torture import MISSING, ODDITIES, Torture, Variation, set_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.tap_clickup.runner import Row, TapRun

COUNT = scaled(600, full=20_000)
SEED = int(os.environ.get("TORTURE_SEED", "14"))
SHARES = 4
"""Into how many tests the variations are divided, for several workers."""
EMPTY: tuple[Any, ...] = (MISSING, None, "", [], {})
"""What may stand for no value at all."""
REPORTS = {"sync_runs", "completed_reads"}
CONTRADICTIONS = {
    ("tasks", "archived"),
    ("tasks", "space"),
    ("time_entries", "user"),
    ("folders", "lists"),
    *((stream, "id") for stream in ("spaces", "folders", "lists", "workspaces", "webhooks")),
}
"""Fields whose value, if it is readable, differs from the request or leads to other requests."""


@pytest.fixture(scope="module")
def torture() -> Iterator[Torture]:
    logging.disable(logging.CRITICAL)
    try:
        yield Torture()
    finally:
        logging.disable(logging.NOTSET)


def rows_of(torture: Torture, run: TapRun) -> dict[tuple[Any, ...], Row]:
    """Return the records by stream and key, without the reports on the run itself."""
    rows: dict[tuple[Any, ...], Row] = {}
    for message in run.messages:
        stream, record = message["stream"], message["record"]
        if stream not in REPORTS:
            rows[stream, *(record[key] for key in torture.keys[stream])] = record
    return rows


def names_in(run: TapRun, baseline: TapRun) -> list[str]:
    """Return what the last record of a run names, that of a run without an oddity does not."""

    def lines(any_run: TapRun) -> list[str]:
        failures = [f"{what}: {why}" for what, why in any_run.read_failures]
        notes = [note for row in any_run.rows("sync_runs") for note in row["notes"]]
        return [*failures, *notes, any_run.error or ""]

    known = lines(baseline)
    return [line for line in lines(run) if line not in known]


def concerns(row: Row, odd_id: str) -> bool:
    """Return whether a record is that of the odd object, or of an object in it."""
    values = [value for key, value in row.items() if key != "workspace_id"]
    return odd_id in values


def problems_of(torture: Torture, variation: Variation) -> list[str]:
    """Return what went wrong in a variation."""
    baseline = torture.baselines[variation.sweep, variation.select_spaces]
    run = torture.run(
        lambda body: set_value(body, variation),
        sweep=variation.sweep,
        select_spaces=variation.select_spaces,
    )
    named = names_in(run, baseline)
    if run.error and (variation.stream, *variation.path[:1]) in CONTRADICTIONS:
        return []  # the run has named the request whose response contradicts it
    if run.error and variation.stream == "workspaces":
        return []  # without its only workspace a run reads nothing
    problems = [f"the run failed: {run.error}"] if run.error else []
    before, after = rows_of(torture, baseline), rows_of(torture, run)
    lost = [key for key in before if key not in after]
    if lost and not named and not may_be_another(variation):
        problems.append(f"lost without a name: {lost}")
    others = [key for key in lost if not is_affected(variation, key, before[key])]
    if others:
        problems.append(f"other objects are lost: {others}")
    nulled = [
        f"{key}.{column}"
        for key in before.keys() & after.keys()
        for column, value in before[key].items()
        if value not in EMPTY and after[key][column] is None
    ]
    if nulled and not named and not may_be_another(variation):
        problems.append(f"null without a name: {nulled}")
    if not may_be_another(variation):
        problems += marked_as_deleted(baseline, run)
    return problems


def is_affected(variation: Variation, key: tuple[Any, ...], row: Row) -> bool:
    """Return whether a record may be missing if this object is odd."""
    if concerns(row, variation.object_id):
        return True
    if variation.stream == "workspaces":  # its members
        return key[0] in {"users", "time_entries"} or variation.path in {(), ("id",)}
    if variation.path in {(), ("id",), ("lists",)}:
        inside = {"sprints", "statuses", "users", "tasks", "time_entries", "folders", "lists"}
        return (variation.stream == "spaces" and key[0] in inside) or (
            variation.stream == "folders" and key[0] in {"sprints", "statuses"}
        )
    # A sprint may be in a subfolder of the folder whose name shows that it is one.
    return (variation.stream, variation.path, key[0]) == ("folders", ("name",), "sprints")


def is_empty(value: Any) -> bool:
    """Return whether a value may stand for none: any field of an object may be missing."""
    return value in EMPTY or isinstance(value, dict)


def may_be_another(variation: Variation) -> bool:
    """Return whether the odd value changes which objects exist, or where they are."""
    if is_empty(variation.value):
        return True
    is_scalar = isinstance(variation.value, str | int | float)
    return is_scalar and variation.path[-1:] in {
        ("id",),
        ("space_id",),
        ("team_id",),
        ("archived",),
        ("hidden",),
        ("enabled",),
        ("status",),
        ("name",),  # of a sprint folder
        ("parent_folder",),  # a sprint folder
    }


def marked_as_deleted(baseline: TapRun, run: TapRun) -> list[str]:
    """Return the completed reads that lack an object which exists."""

    def reads(any_run: TapRun) -> dict[tuple[str, str], Row]:
        return {(row["stream"], row["scope"]): row for row in any_run.rows("completed_reads")}

    problems = []
    before = reads(baseline)
    for scope, row in reads(run).items():
        if scope not in before or row["stream"] == "sprints":
            continue
        if row["conditions"].get("space_id") != before[scope]["conditions"].get("space_id"):
            continue  # an odd space is not in the scope
        conditions = row["conditions"].get("scope_id", {}).get("in")
        missing = [
            key
            for key in before[scope]["keys"]
            if key not in row["keys"] and (conditions is None or key[1] in conditions)
        ]
        if missing:
            problems.append(f"{scope} would be marked as deleted: {missing}")
    return problems


@pytest.mark.parametrize("share", range(SHARES))
def test_an_odd_field_of_one_object_loses_nothing_else(torture: Torture, share: int) -> None:
    variations = torture.variations(COUNT, SEED)
    assert {variation.stream for variation in variations} == set(torture.samples)
    problems = {
        f"{variation} {ODDITIES[variation.oddity]!r:.60}": found
        for variation in variations[share::SHARES]
        if (found := problems_of(torture, variation))
    }
    assert problems == {}
