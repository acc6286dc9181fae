"""When the next sync is due: by the receiver, by Meltano's schedule, or unknown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from clickup_receiver.meltano_project import MeltanoProject
from pandev.status.surroundings import (
    MELTANO,
    RECEIVER,
    Surroundings,
    find_surroundings,
    origin_of,
)
from tests.pandev.doctor_store import add_inbox, answering

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 3, 1, 9, 40, tzinfo=UTC)
SCHEDULES = """
schedules:
  - name: nightly
    interval: "17 2 * * *"
    job: sweep
  - name: reconcile
    interval: "*/15 * * * *"
    job: sync
"""
JOBS = "jobs: [{name: poll, tasks: [tap-clickup target-pandev]}]"
UNUSED_PORT = 1


def find(
    folder: Path, *, port: int = UNUSED_PORT, poll_command: str | None = None, text: str = ""
) -> Surroundings:
    """Return the surroundings of a folder, which is a Meltano project if there is a text."""
    project = None
    if text:
        (folder / "meltano.yml").write_text(text)
        project = MeltanoProject(folder)
    return find_surroundings(
        project=project, port=port, data_dir=folder, poll_command=poll_command, poll_minutes=15
    )


def test_a_running_receiver_polls_after_its_interval(tmp_path: Path) -> None:
    with answering(200) as port:
        found = find(tmp_path, port=port, poll_command="meltano run sync")
    assert (found.scheduled_by, found.is_receiver_ready) == (RECEIVER, True)
    assert found.next_sync_at(NOW - timedelta(minutes=5), NOW) == NOW + timedelta(minutes=10)
    assert found.next_sync_at(None, NOW) is None


def test_a_receiver_in_a_meltano_project_polls_by_default(tmp_path: Path) -> None:
    with answering(200) as port:
        assert find(tmp_path, port=port, text=JOBS).scheduled_by == RECEIVER
        assert find(tmp_path, port=port, text=JOBS, poll_command="").scheduled_by is None
        assert find(tmp_path, port=port, text="{}").scheduled_by is None


def test_a_receiver_that_is_not_ready_polls_nothing(tmp_path: Path) -> None:
    with answering(503) as port:
        found = find(tmp_path, port=port, poll_command="meltano run sync")
    assert found == Surroundings()


@pytest.mark.parametrize(
    ("minute", "expected"), [(0, "09:15"), (14, "09:15"), (15, "09:30"), (59, "10:00")]
)
def test_meltano_polls_at_the_minutes_of_its_schedule(
    tmp_path: Path, minute: int, expected: str
) -> None:
    """R37: of the job sync, not of the sweep."""
    found = find(tmp_path, text=SCHEDULES)
    assert found.scheduled_by == MELTANO
    now = NOW.replace(minute=minute)
    at = found.next_sync_at(now - timedelta(minutes=30), now)
    assert at
    assert f"{at:%H:%M}" == expected


def test_a_schedule_that_is_not_run_gives_no_next_sync(tmp_path: Path) -> None:
    """Meltano declares schedules; cron or an orchestrator runs them."""
    found = find(tmp_path, text=SCHEDULES)
    assert found.next_sync_at(NOW - timedelta(minutes=31), NOW) is None
    assert found.next_sync_at(None, NOW) is None


@pytest.mark.parametrize("text", ["{}", "schedules: []", "- [", "- a"])
def test_another_schedule_is_unknown(tmp_path: Path, text: str) -> None:
    assert find(tmp_path, text=text).next_sync_at(NOW, NOW) is None


def test_the_inbox_is_counted_and_not_created(tmp_path: Path) -> None:
    assert find(tmp_path).pending_events is None
    assert list(tmp_path.iterdir()) == []
    add_inbox(tmp_path, pending_hours=1, dead_letters=2)
    found = find(tmp_path)
    assert (found.pending_events, found.dead_letters) == (1, 2)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        (None, None),
        ("https://receiver.example.com/v1/clickup/webhook", "https://receiver.example.com"),
        ("https://user:secret@receiver.example.com:8443/v1", "https://receiver.example.com:8443"),
    ],
)
def test_the_origin_is_what_the_store_has(url: str | None, origin: str | None) -> None:
    assert origin_of(url) == origin
