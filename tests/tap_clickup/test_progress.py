"""Progress of a long read is logged as text and as metrics."""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tap_clickup.progress import Progress
from tests.fake_clickup.client import get_live_tasks
from tests.support.clocks import ManualClock, SimulatedClock
from tests.tap_clickup.runner import ALL_TIME

if TYPE_CHECKING:
    from fake_clickup.model import Workspace
    from tests.tap_clickup.runner import TapRunner

START = datetime(2026, 1, 1, tzinfo=UTC)
END = datetime(2026, 1, 11, tzinfo=UTC)
LOGGER = logging.getLogger("tap-clickup.tasks")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(1_000)


@pytest.fixture
def progress(clock: ManualClock, caplog: pytest.LogCaptureFixture) -> Progress:
    caplog.set_level(logging.INFO)
    return Progress(LOGGER, "900", start=START, end=END, now=clock)


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the log lines without the METRIC lines."""
    return [message for message in caplog.messages if not message.startswith("METRIC: ")]


def measured(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """Return the parsed METRIC lines."""
    metric_messages = [message for message in caplog.messages if message.startswith("METRIC: ")]
    return [json.loads(message.removeprefix("METRIC: ")) for message in metric_messages]


def test_progress_line_has_count_rate_date_and_time_left(
    progress: Progress, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    """A fifth of the ten days took 20 seconds, so four fifths take 80."""
    clock.seconds += 20
    progress.update(1_200, START + timedelta(days=2))
    assert lines(caplog) == [
        "workspace 900: 1,200 tasks read, 60 per second, up to 2026-01-03 00:00, about 80 s left"
    ]


def test_long_time_left_is_logged_in_minutes(
    progress: Progress, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    clock.seconds += 60
    progress.update(6_000, START + timedelta(days=1))
    assert lines(caplog) == [
        "workspace 900: 6,000 tasks read, 100 per second, up to 2026-01-02 00:00, about 9 min left"
    ]


def test_metric_lines_are_json_with_the_same_figures(
    progress: Progress, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    clock.seconds += 20
    progress.update(1_210, START + timedelta(days=2))
    points = measured(caplog)
    assert [(point["type"], point["metric"], point["value"]) for point in points] == [
        ("gauge", "tasks_read", 1210),
        ("gauge", "tasks_per_second", 60.5),
        ("gauge", "seconds_left", 80),
    ]
    for point in points:
        tags = {name: point["tags"][name] for name in ("stream", "workspace_id")}
        assert tags == {"stream": "tasks", "workspace_id": "900"}


def test_progress_is_logged_every_ten_seconds(
    progress: Progress, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    line_counts = []
    for _ in range(8):
        clock.seconds += 4
        progress.update(100, START + timedelta(days=1))
        line_counts.append(len(lines(caplog)))
    assert line_counts == [0, 0, 1, 1, 1, 2, 2, 2]
    assert [line.partition(" read")[0] for line in lines(caplog)] == [
        "workspace 900: 300 tasks",
        "workspace 900: 600 tasks",
    ]


@pytest.mark.parametrize("reached", [None, START, START - timedelta(days=1)])
def test_time_left_is_omitted_without_a_date(
    progress: Progress,
    clock: ManualClock,
    caplog: pytest.LogCaptureFixture,
    reached: datetime | None,
) -> None:
    clock.seconds += 10
    progress.update(500, reached)
    assert lines(caplog)[0].startswith("workspace 900: 500 tasks read, 50 per second")
    assert "left" not in lines(caplog)[0]
    assert [point["metric"] for point in measured(caplog)] == ["tasks_read", "tasks_per_second"]


def test_time_left_is_omitted_after_the_end(
    progress: Progress, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    """Tasks that are edited during the read are later than its end date."""
    clock.seconds += 10
    progress.update(500, END + timedelta(hours=1))
    assert lines(caplog) == ["workspace 900: 500 tasks read, 50 per second, up to 2026-01-11 01:00"]


def test_time_left_is_omitted_for_an_empty_range(
    clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    empty = Progress(LOGGER, "900", start=END, end=START, now=clock)
    clock.seconds += 10
    empty.update(10, END + timedelta(days=1))
    assert "left" not in lines(caplog)[0]


class TestRun:
    @pytest.fixture
    def clock(self) -> Any:
        return SimulatedClock()

    def test_run_logs_progress_without_task_names(
        self, run_tap: TapRunner, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("tap_clickup.progress.LOG_INTERVAL_SECONDS", 0.0)
        run = run_tap(workspace_ids=[workspace.id], start_date=ALL_TIME)
        assert re.search(rf"workspace {workspace.id}: [\d,]+ tasks read, \d+ per second", run.log)
        assert '"metric":"tasks_read"' in run.log
        names = {task.name for task in get_live_tasks(workspace) if len(task.name) > 8}
        assert [name for name in names if name in run.log] == []
