"""The console of `meltano run` is for people: no METRIC lines, and one closing sentence."""

from __future__ import annotations

import logging
import shutil
from typing import TYPE_CHECKING

import pytest

from fake_clickup import FakeClickUp, generate
from pandev.meltano_console import PeopleFilter
from tap_clickup.wording import format_count, format_ids, format_stream_count
from tests.end_to_end.pipeline import PROJECT, Pipeline
from tests.tap_clickup.runner import environment

if TYPE_CHECKING:
    from pathlib import Path


def test_meltano_run_shows_no_metrics_and_ends_with_what_was_stored(
    database: str, tmp_path: Path
) -> None:
    with FakeClickUp(generate(seed=7, tasks=20, time_entries=0)) as clickup:
        settings = {**environment(clickup), "TARGET_PANDEV_STORE_URL": database, "COLUMNS": "80"}
        pipeline = Pipeline(tmp_path, {**settings, "TAP_CLICKUP_START_DATE": "2020-01-01"})
        shutil.copy(PROJECT / "logging.yaml", tmp_path)
        run = pipeline.run("meltano", "run", "tap-clickup", "target-pandev")
    assert run.returncode == 0
    assert "METRIC" not in run.stderr
    assert "Beginning sync" not in run.stderr
    assert "Traceback" not in run.stderr
    last = [line for line in run.stderr.splitlines() if "target-pandev" in line][-1]
    assert "stored 1 workspace, " in last
    assert " 20 tasks, " in last
    assert last.endswith(" in schema pandev; next: pandev report")
    assert "completed reads" not in last


@pytest.mark.parametrize(
    ("event", "level", "is_shown"),
    [
        ({"event": "METRIC", "plugin_logger": "singer_sdk.metrics"}, logging.INFO, False),
        ({"event": "Beginning sync of 'tasks'"}, logging.INFO, False),
        ({"event": "waiting 7 s"}, logging.INFO, True),
        ({"event": "Reader is broken"}, logging.WARNING, True),
        ("text", logging.INFO, True),
    ],
)
def test_only_information_for_machines_is_hidden(
    event: object, level: int, *, is_shown: bool
) -> None:
    record = logging.LogRecord("meltano", level, "", 0, event, None, None)
    assert PeopleFilter().filter(record) is is_shown


@pytest.mark.parametrize(
    ("count", "stream", "text"),
    [
        (2, "time_entries", "2 time entries"),
        (1, "time_entries", "1 time entry"),
        (1, "statuses", "1 status"),
        (1, "branches", "1 branch"),
        (1, "time_in_status", "1 time in status"),
        (1, "spaces", "1 space"),
        (1, "spend", "1 spend"),
        (1_400, "tasks", "1,400 tasks"),
    ],
)
def test_counts_agree_with_the_names_of_streams(count: int, stream: str, text: str) -> None:
    assert format_stream_count(count, stream) == text


def test_counts_agree_with_their_noun() -> None:
    assert [format_count(n, "retry", "retries") for n in (0, 1, 2_000)] == [
        "0 retries",
        "1 retry",
        "2,000 retries",
    ]


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (1, "list 0"),
        (2, "lists 0, 1"),
        (5, "lists 0, 1, 2, 3, 4"),
        (1_006, "lists 0, 1, 2, 3, 4 and 1,001 more"),
    ],
)
def test_ids_are_listed_with_their_noun_up_to_five(count: int, text: str) -> None:
    assert format_ids("list", [str(number) for number in range(count)]) == text
