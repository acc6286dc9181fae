"""The progress of polls and sweeps, page by page."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tap_clickup.readers.task_reader import Page
from tap_clickup.task_sync import PollProgress, SweepProgress

if TYPE_CHECKING:
    from tap_clickup.readers.task_reader import Source

STARTED = datetime(2026, 3, 1, 12, tzinfo=UTC)
EARLY = "2026-03-01T10:00:00.000+00:00"
LATE = "2026-03-01T11:00:00.000+00:00"


def page(source: Source, *task_ids: str, until: str | None = None) -> Page:
    """Return a page of tasks without records."""
    return Page(
        source=source,
        records=[],
        task_ids=list(task_ids),
        left_out_ids=[],
        seen_users=[],
        custom_fields=set(),
        list_spaces={},
        complete_until=until,
        requested_at=STARTED,
    )


def test_a_poll_advances_each_pass_and_shows_singer_the_earliest() -> None:
    state: dict[str, Any] = {"cursors": {}}
    progress = PollProgress(state, STARTED)
    progress.page_read(page("live", "1", "2", until=LATE))
    progress.page_read(page("archived", "3", until=EARLY))
    progress.page_read(page("archived list", "4", until=LATE))
    assert progress.task_count == 4
    assert state == {
        "cursors": {"live": LATE, "archived": EARLY},
        "replication_key": "date_updated",
        "replication_key_value": EARLY,
    }


def test_a_bookmark_never_moves_back_nor_past_the_start_of_the_run() -> None:
    state: dict[str, Any] = {"cursors": {"live": LATE}}
    progress = PollProgress(state, STARTED)
    progress.page_read(page("live", "1", until=EARLY))
    assert state == {"cursors": {"live": LATE}}
    progress.page_read(page("live", "2", until="2999-01-01T00:00:00.000+00:00"))
    assert state["cursors"] == {"live": "2026-03-01T12:00:00.000+00:00"}


def test_a_sweep_counts_each_task_once_and_live_ones_separately() -> None:
    progress = SweepProgress()
    progress.page_read(page("live", "1", "2", until=LATE))
    progress.page_read(page("archived list", "2", "3"))
    assert progress.task_ids == {"1", "2", "3"}
    assert (progress.task_count, progress.live_count) == (3, 2)
