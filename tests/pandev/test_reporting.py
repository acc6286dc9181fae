"""`pandev reporting` shows the time zone and working time of reports, and changes them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from pandev.cli import pandev
from pandev.reporting import parse_day, parse_days, parse_hours, read_holidays
from target_pandev.errors import ReportingError
from tests.pandev.command import assert_golden

if TYPE_CHECKING:
    from pathlib import Path

HOLIDAYS = """\
# what the office observes
2026-01-01
2026-12-26;Boxing Day; Monday

2026-05-01  Labour Day  # spring
2026-12-25,
"""


def run(database: str, *arguments: str) -> str:
    """Return what the command shows."""
    options = ["reporting", "--store-url", database, *arguments]
    environment = {"COLUMNS": "80"}
    return CliRunner().invoke(pandev, options, env=environment, catch_exceptions=False).output


def test_the_rules_are_shown_changed_and_kept(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # the project's meltano.yml is not read
    assert_golden("reporting", run(database))
    file = tmp_path / "holidays.txt"
    file.write_text(HOLIDAYS, encoding="utf-8")
    options = ["--timezone", "Europe/Berlin", "--week-start", "sun", "--holidays", str(file)]
    run(database, *options, "--working-days", "Wed,fri,sun", "--sprint-grace", "8")
    run(database, "--merges", "count", "--bots", "*[bot]*, ci@example.com")
    assert_golden("reporting_changed", run(database, "--working-hours", "8:30-24:00"))
    assert_golden("reporting_changed", run(database))
    assert json.loads(run(database, "--format", "json")) == {
        "time_zone": "Europe/Berlin",
        "week_start": "sunday",
        "working_days": ["wednesday", "friday", "sunday"],
        "opens_at": "08:30",
        "closes_at": "24:00",
        "sprint_grace_hours": 8,
        "counts_merges": True,
        "bots": ["*[bot]*", "ci@example.com"],
        "holidays": [
            {"date": "2026-01-01", "name": None},
            {"date": "2026-05-01", "name": "Labour Day"},
            {"date": "2026-12-25", "name": None},
            {"date": "2026-12-26", "name": "Boxing Day; Monday"},
        ],
    }
    file.write_text("", encoding="utf-8")
    emptied = run(database, "--holidays", str(file), "--merges", "skip", "--bots", "")
    assert emptied.endswith(
        "holidays               none\n"
        "sprint grace period    8 h\n"
        "merge commits          not counted\n"
        "bots                   none\n"
    )


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("mon-fri", [1, 2, 3, 4, 5]),
        ("Sun - Thu", [1, 2, 3, 4, 7]),
        ("sat, sunday,SAT", [6, 7]),
        ("mon-sun", [1, 2, 3, 4, 5, 6, 7]),
        ("tu", [2]),
    ],
)
def test_days_are_a_list_or_a_range(text: str, days: list[int]) -> None:
    assert parse_days(text) == days


@pytest.mark.parametrize("text", ["", "m", "1", "fry", "mon-", "mon--fri", "mon,", "montag"])
def test_an_unknown_day_is_refused(text: str) -> None:
    with pytest.raises(ReportingError, match="not a day of the week; expected one such as monday"):
        parse_days(text)
    with pytest.raises(ReportingError):
        parse_day(text)


def test_hours_are_two_times() -> None:
    assert parse_hours("9:05 - 17:00") == ("09:05", "17:00")
    assert parse_hours("00:00-24:00") == ("00:00", "24:00")


@pytest.mark.parametrize(
    "text", ["", "9-17", "17:00-09:00", "09:00-09:00", "09:00-24:01", "09:60-17:00", "22:00-25:00"]
)
def test_hours_that_are_not_within_a_day_are_refused(text: str) -> None:
    with pytest.raises(ReportingError, match="expected two times such as 09:00-17:00"):
        parse_hours(text)


def test_what_is_wrong_with_a_file_of_holidays_is_named(tmp_path: Path) -> None:
    file = tmp_path / "holidays.txt"
    with pytest.raises(ReportingError, match=r"holidays\.txt: cannot be read \(No such file"):
        read_holidays(file)
    file.write_bytes("2026-01-01 Año".encode("latin-1"))
    with pytest.raises(ReportingError, match=r"holidays\.txt: is not text in UTF-8"):
        read_holidays(file)
    file.write_text("2026-01-01\n25.12.2026 Christmas\n", encoding="utf-8")
    with pytest.raises(
        ReportingError, match=r"holidays\.txt, line 2: '25\.12\.2026' is not a date; expected YYYY"
    ):
        read_holidays(file)
