"""`pandev doctor`: back-fill, last run, what was denied, and webhooks, by the rows of the store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from pandev.diagnosis import freshness, store
from pandev.diagnosis.check import Finding, Outcome
from pandev.status.rows import Place, Run, StoreRows, WebhookRow
from tests.pandev.doctor_store import examination

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
OWNER = "make the token's user an owner or admin under Workspace settings > People"
MEMBER = "make the token's user a member of its space, or ignore what is not wanted"


def run(minutes: int, *, complete: bool = True, refused: Sequence[dict[str, Any]] = ()) -> Run:
    """Return a run that ended some minutes ago."""
    ended_at = NOW - timedelta(minutes=minutes)
    return Run("9", "tap-clickup", ended_at, ended_at, ended_at, complete, refused)


def rows(*runs: Run, webhooks: Sequence[WebhookRow] = ()) -> StoreRows:
    return StoreRows(NOW, [Place("9", "Shop", ["90"])], runs, webhooks)


def refusal(what: str, *, retryable: bool = False) -> dict[str, Any]:
    return {"what": what, "why": "HTTP 403", "retryable": retryable}


def test_a_back_fill_that_failed_or_never_began_is_a_problem(tmp_path: Path) -> None:
    """R96: neither is still running."""
    failed = run(5, complete=False, refused=[refusal("stream tasks", retryable=True)])
    assert freshness.check_backfill(examination(tmp_path, rows(failed))) == [
        Finding(
            Outcome.PROBLEM,
            "workspace 9: failed: stream tasks: HTTP 403",
            "remove the cause, then run pandev sync",
        )
    ]
    settings = {**examination(tmp_path).settings, "workspace_ids": ["9", "8"]}
    both = freshness.check_backfill(examination(tmp_path, rows(run(5)), settings=settings))
    assert both == [
        Finding(Outcome.OK, "workspace 9: complete"),
        Finding(Outcome.PROBLEM, "workspace 8: not started", "run pandev sync"),
    ]


def test_a_store_that_cannot_be_read_shows_no_back_fill(tmp_path: Path) -> None:
    skipped = [Finding(Outcome.SKIPPED, "the store cannot be read")]
    assert freshness.check_backfill(examination(tmp_path, store_error="refused")) == skipped
    assert store.check_store(examination(tmp_path, store_error="refused")) == [
        Finding(Outcome.PROBLEM, "refused", "check the settings store_url and store_dir")
    ]


def test_the_last_sync_counts_once_everything_was_read(tmp_path: Path) -> None:
    """R43: until then the back-fill is what matters, and a setting may switch it off."""
    failed = run(5, complete=False, refused=[refusal("stream tasks", retryable=True)])
    assert freshness.check_last_sync(examination(tmp_path, rows(failed))) == [
        Finding(Outcome.SKIPPED, "the back-fill is not complete")
    ]
    assert freshness.check_last_sync(examination(tmp_path, rows(run(5)))) == [
        Finding(Outcome.OK, "workspace 9: 5 minutes ago")
    ]
    settings = {**examination(tmp_path).settings, "enabled": False}
    assert freshness.check_last_sync(examination(tmp_path, rows(run(50)), settings=settings)) == [
        Finding(Outcome.SKIPPED, "the setting enabled is false")
    ]


@pytest.mark.parametrize("what", ["time entries of 3 other users", "stream time_entries"])
def test_time_entries_that_were_denied_are_named(tmp_path: Path, what: str) -> None:
    """R102, R103: with the remedy, and not among other denied objects."""
    made = examination(tmp_path, rows(run(5, refused=[refusal(what)])))
    assert freshness.check_time_entries(made) == [
        Finding(Outcome.WARNING, f"workspace 9: {what}: HTTP 403", f"{OWNER}, then run pandev sync")
    ]
    assert freshness.check_denied(made) == [Finding(Outcome.OK, "nothing was denied")]
    made = examination(tmp_path, made.rows, settings={**made.settings, "time_tracking": False})
    assert freshness.check_time_entries(made) == [
        Finding(Outcome.SKIPPED, "the setting time_tracking is false")
    ]


def test_five_denied_objects_are_named_and_the_others_counted(tmp_path: Path) -> None:
    """R97, R104: they are not failures, as all else was read."""
    denied = [refusal(f"list {number}") for number in range(6)]
    five = [
        Finding(Outcome.WARNING, f"workspace 9: list {number}: HTTP 403", MEMBER)
        for number in range(5)
    ]
    made = examination(tmp_path, rows(run(5, refused=denied[:5])))
    assert freshness.check_denied(made) == five
    assert freshness.check_time_entries(made) == [Finding(Outcome.OK, "readable")]
    assert freshness.check_denied(examination(tmp_path, rows(run(5, refused=denied)))) == [
        *five,
        Finding(Outcome.WARNING, "1 more", "see refused in the table sync_runs"),
    ]
