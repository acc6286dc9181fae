"""The join benchmark at a small scale; the run itself is `make bench-join`."""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING

import pytest

from benchmarks.ide_events import generate_days
from benchmarks.join_clickup import FIRST
from benchmarks.join_git import RepositoryHistory, Work
from benchmarks.join_goals import evaluate, format_table
from benchmarks.join_ide_input import write_events
from benchmarks.join_input import write_inputs
from benchmarks.join_messages import FORMS, MessageGenerator, name_task
from benchmarks.join_references import measure_references
from benchmarks.join_store import FILES
from benchmarks.join_views import KEYS, TASK, TIMES, time_views
from benchmarks.singer_file import SingerFile
from target_pandev.sql import read_views
from tests.target_pandev.loading import Loader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def store(database: str, tmp_path: Path) -> Iterator[Loader]:
    write_inputs(tmp_path, 0.002)
    loader = Loader(database)
    with loader.connection:
        for name in FILES:
            loader.load(*(tmp_path / f"{name}.singer").read_text(encoding="utf-8").splitlines())
        yield loader


def test_every_view_of_the_filled_store_is_timed(store: Loader) -> None:
    assert store.rows(
        "SELECT (SELECT count(*) FROM tasks), (SELECT count(*) FROM task_versions), "
        "(SELECT count(*) FROM task_changes WHERE field = 'status'), "
        "(SELECT count(*) FROM time_entries), (SELECT count(*) FROM rejected_records)"
    ) == [(200, 200, 400, 400, 0)]
    store.connection.execute("ANALYZE")
    views = time_views(store.connection, rounds=1)
    assert list(views) == list(read_views())
    assert min(view["rows"] for view in views.values()) > 0
    assert {view for view in views if views[view]["newest_ms"] is not None} == TIMES.keys()
    assert views["mailmap_entries"]["table"] == "repositories"
    columns = "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(%s)"
    for view in views:
        names = {name for (name,) in store.rows(columns, view)}
        assert names.issuperset(KEYS.get(view, TASK)), view


def test_extraction_finds_the_references_of_generated_messages(empty_database: str) -> None:
    """R50. It would raise an error for another number than the generator has counted."""
    figures = measure_references(empty_database, messages=3_000, rounds=1)
    assert 800 < figures["references"] < 1_100
    assert figures["messages"] == 3_000


def test_branches_of_generated_histories_begin_on_main() -> None:
    """Main lacks the four commits of each squash, 3, 6 and 9, and of the open pull request 10."""
    works = (Work(FIRST, "user1@example.com", "Work") for _ in range(90))
    history = RepositoryHistory(Random(1), "group/shop", works, 50)  # noqa: S311
    for _ in range(10):
        history.repeat()
    history.end()
    parents = {row["sha"]: row["parents"] for row in history.records["commits"]}
    (main,) = (row for row in history.records["branches"] if row["is_default"])
    on_main: set[str] = set()
    waiting = [main["head_sha"]]
    while waiting:
        sha = waiting.pop()
        on_main.add(sha)
        waiting += set(parents[sha]) - on_main
    merges = [row["merge_commit_sha"] for row in history.records["pull_requests"]]
    assert (len(parents), len(on_main)) == (99, 99 - 16)
    assert merges[9:] == [None]
    assert on_main.issuperset(merges[:9])


def test_messages_have_all_forms_and_mostly_no_id() -> None:
    assert sum(weight for weight, _, _ in FORMS) == 100
    generator = MessageGenerator(Random(1), [name_task(number) for number in range(50)])  # noqa: S311
    messages = [generator.generate() for _ in range(1_000)]
    without = [message for message in messages if message.references == 0]
    assert 650 < len(without) < 750


def test_the_active_time_of_generated_events_is_that_of_the_store(
    database: str, tmp_path: Path
) -> None:
    path = tmp_path / "ide.singer"
    with SingerFile(path) as messages:
        days = generate_days(events=2_000, people=5, task_ids=["86a1"])
        summary = write_events(messages, days)
    loader = Loader(database)
    with loader.connection:
        loader.load(*path.read_text(encoding="utf-8").splitlines())
        stored = loader.rows(
            "SELECT (SELECT count(*) FROM ide_events), sum(active_ms)::bigint FROM ide_intervals"
        )
    assert stored == [(summary["events"], summary["active_ms"])]
    assert summary["events"] == 2_000


def test_every_goal_of_the_join_benchmark_can_be_missed() -> None:
    references = {
        "messages": 5,
        "references": 2,
        "search_seconds": 1,
        "finding_seconds": 3,
        "storing_seconds": 2,
        "times_search": 3,
    }
    ide = {
        "events": 5,
        "people": 2,
        "wall_seconds": 60,
        "cpu_seconds": 30,
        "server_cpu_seconds": 30,
        "bare_seconds": 2,
        "times_bare": 30,
        "peak_mb": 120,
        "peak_mb_of_a_quarter": 100,
        "memory_growth": 1.2,
        "late_event_ms": 50,
        "late_event_worst_ms": 60,
        "bare_row_ms": 1,
    }
    view = {
        "rows": 5,
        "one_ms": 50,
        "newest_ms": 100,
        "full_seconds": 1,
        "full_cpu_seconds": 1,
        "count_ms": 2,
    }
    for factor, is_met in ((1, True), (1.01, False)):
        cycles = {name: factor * value for name, value in view.items()} | {
            "full_seconds": 3 * factor
        }
        ages = {name: factor * value for name, value in view.items()} | {"newest_ms": None}
        flow = {name: factor * value for name, value in view.items()} | {"newest_ms": 1_000}
        figures = {
            "scale": 1,
            "references": {name: factor * value for name, value in references.items()},
            "ide": {name: factor * value for name, value in ide.items()},
            "views": {"views": {"cycle_times": cycles, "task_ages": ages, "daily_flow": flow}},
        }
        goals = evaluate(figures)
        assert [goal.met for goal in goals] == [is_met] * 10
        text = format_table(figures, goals)
        assert "cycle_times, newest 20, ms" in text
        assert "without a goal of the newest rows, as they aggregate: daily_flow\n" in text
        assert "without a goal of one, which is a workspace or a space: daily_flow\n" in text
        assert [goal.name for goal in evaluate({**figures, "scale": 0.1})] == [
            "references, times a search",
            "IDE, memory, times a quarter's",
        ]
        json.dumps(figures)
