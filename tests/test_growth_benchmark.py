"""The goals of the growth benchmark, and the run and the page of all benchmarks."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from benchmarks import __main__ as all_benchmarks
from benchmarks.figures_page import format_page
from benchmarks.growth_goals import evaluate, format_table

PROJECT = Path(__file__).parents[1]
MACHINE = {
    "date": "2026-11-28",
    "commit": "abc1234",
    "cpus": 2,
    "memory_gib": 24,
    "system": "Linux x86_64",
    "python": "3.11.7",
    "singer_sdk": "0.54.9",
    "psycopg": "3.2.0",
}


def cost(size: int, cpu_seconds: float, requests: int, peak_mb: float = 90) -> dict[str, Any]:
    return {
        "size": size,
        "requests": requests,
        "tap_cpu_seconds": cpu_seconds,
        "target_cpu_seconds": 0.5,
        "server_cpu_seconds": None,
        "tap_peak_mb": peak_mb,
    }


def goals_met(*costs: dict[str, Any]) -> list[tuple[float | None, bool | None]]:
    return [(goal.value, goal.met) for goal in evaluate({"tasks": list(costs)})]


def test_equal_costs_of_each_further_task_meet_the_goals() -> None:
    even = (cost(1_000, 1.5, 60), cost(10_000, 2.4, 150), cost(100_000, 11.4, 1_050))
    assert goals_met(*even) == [(1.0, True), (1.0, True), (90, True)]


def test_every_goal_of_the_growth_benchmark_can_be_missed() -> None:
    steep = (cost(1_000, 1.5, 60), cost(10_000, 2.4, 150), cost(100_000, 20.4, 2_000, 151))
    assert goals_met(*steep) == [(2.0, False), (2.06, False), (151, False)]


def test_costs_that_begin_to_grow_late_miss_their_goal() -> None:
    late = (cost(1_000, 1.5, 60), cost(10_000, 1.5, 60), cost(100_000, 1.6, 61))
    assert goals_met(*late)[:2] == [(float("inf"), False)] * 2


def test_the_table_of_growth_has_a_column_for_each_size() -> None:
    figures = {"tasks": [cost(1_000, 1.5, 60), cost(10_000, 2.4, 150), cost(100_000, 11.4, 1_050)]}
    lines = format_table(figures, evaluate(figures)).splitlines()
    assert [line.split() for line in lines[:3]] == [
        ["tasks", "1,000", "10,000", "100,000"],
        ["requests,", "first", "load", "60", "150", "1,050"],
        ["CPU", "seconds,", "tap", "1.5", "2.4", "11.4"],
    ]


def test_the_page_of_figures_shows_goals_machine_and_growth() -> None:
    goal = {"name": "rows", "value": 1_234.5, "relation": ">=", "goal": 1_000, "met": True}
    absent = {"name": "MB", "value": None, "relation": "<=", "goal": 5, "met": None}
    costs = [cost(1_000, 1.5, 60), cost(10_000, 2.4, 150)]
    result = {
        "goals": [goal, absent],
        "machine": MACHINE,
        "load_before": 0.3,
        "tasks": costs,
        "minutes": 7.5,
    }
    other = {"goals": [], "machine": MACHINE, "tasks": 100_000}
    page = format_page({"growth": result, "page": other})
    assert "## make bench-page" in page
    assert "## make bench-growth" in page
    assert "2026-11-28, commit abc1234, 2 CPUs, 24 GiB of memory," in page
    assert "psycopg 3.2.0; load before 0.3; took 7.5 minutes." in page
    assert "| rows | 1,234.5 | ≥ 1,000 | met |" in page
    assert "| MB | - | ≤ 5 | not measured |" in page
    assert "| requests, first load | 60 | 150 |" in page


def test_make_bench_runs_every_benchmark_of_the_makefile() -> None:
    makefile = (PROJECT / "Makefile").read_text()
    recipe = r"^bench-.*\n\t\$\(BIN\)/python -m benchmarks\.(\w+)(.*)$"
    targets = re.findall(recipe, makefile, re.MULTILINE)
    expected = {name: tuple(options.split()) for name, options in targets}
    assert {name: tuple(options) for name, options in all_benchmarks.ALL.items()} == expected


def write_benchmark(script: str, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let `short` be the only benchmark, in a project of its own."""
    package = folder / "benchmarks"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "short.py").write_text(script)
    monkeypatch.setattr(all_benchmarks, "PROJECT", folder)
    monkeypatch.setattr(all_benchmarks, "RESULTS", folder / "results")
    monkeypatch.setattr(all_benchmarks, "ALL", {"short": ()})


@pytest.mark.parametrize("code", [0, 1])
def test_a_result_is_kept_whether_or_not_its_goals_are_met(
    code: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    line = json.dumps({"benchmark": "short", "goals": []})
    script = f"print('measured')\nprint('''{line}''')\nraise SystemExit({code})\n"
    write_benchmark(script, monkeypatch, tmp_path)
    assert all_benchmarks.run("short") is (code == 0)
    kept = json.loads((tmp_path / "results" / "short.json").read_text())
    assert (kept["goals"], kept["minutes"] >= 0, kept["machine"]["cpus"] >= 1) == ([], True, True)


def test_a_failed_benchmark_leaves_the_earlier_result(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write_benchmark("raise SystemExit('no server')\n", monkeypatch, tmp_path)
    earlier = tmp_path / "results" / "short.json"
    earlier.parent.mkdir()
    earlier.write_text('{"earlier": 1}')
    assert not all_benchmarks.run("short")
    assert earlier.read_text() == '{"earlier": 1}'
