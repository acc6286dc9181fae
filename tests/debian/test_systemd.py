"""The systemd units as Debian's systemd reads them: valid, and with little exposure."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.documents import blocks, read_page
from tests.test_docs import MELTANO

PROJECT = Path(__file__).parents[2]
UNITS = sorted((PROJECT / "deploy").glob("*.service"))
COMMANDS = {
    "clickup-receiver.service": "clickup-receiver",
    "pandev-page.service": "pandev serve",
}
ANALYZE = shutil.which("systemd-analyze")
MAX_EXPOSURE = 1.5
"""Of 10; both have 1.3, and without the settings that protect the machine it was 7.3."""


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run systemd-analyze, which does not need a running systemd for these commands."""
    assert ANALYZE, "install Debian's package systemd"
    return subprocess.run(
        [ANALYZE, *arguments], capture_output=True, text=True, check=False, timeout=60
    )


def test_each_service_has_a_unit() -> None:
    assert [unit.name for unit in UNITS] == list(COMMANDS)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_the_unit_exposes_little(unit: Path) -> None:
    done = analyze("security", "--offline=true", "--no-pager", str(unit))
    level = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert level, done.stderr
    assert float(level[1]) <= MAX_EXPOSURE


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_the_unit_is_valid(unit: Path, tmp_path: Path) -> None:
    """It is read with the paths of this clone, because systemd looks for the command."""
    text = unit.read_text(encoding="utf-8")
    command = f"ExecStart=/srv/pandev-clickup/.venv/bin/{COMMANDS[unit.name]}"
    assert command in text.splitlines()
    copy = tmp_path / unit.name
    copy.write_text(text.replace("/srv/pandev-clickup", str(PROJECT)), encoding="utf-8")
    done = analyze("verify", "--man=no", str(copy))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_misspelt_setting_is_not_valid(tmp_path: Path) -> None:
    unit = tmp_path / "other.service"
    unit.write_text("[Service]\nExecStart=/bin/true\nLimitCores=0\n", encoding="utf-8")
    assert "'LimitCores'" in analyze("verify", "--man=no", str(unit)).stderr


def units_on(page: str) -> dict[str, str]:
    """Return the units on a page by their names; the first line of each has its path."""
    texts = [text for text in blocks(read_page(page), "ini") if "/etc/systemd/system/" in text]
    return {text.splitlines()[0].rsplit("/", 1)[1]: text for text in texts}


@pytest.mark.parametrize(
    ("page", "count"), [("guides/orchestrators", 3), ("guides/database-roles", 1)]
)
def test_units_in_the_docs_are_valid(tmp_path: Path, page: str, count: int) -> None:
    units = units_on(page)
    assert len(units) == count
    for name, text in units.items():
        unit = text.replace("/srv/pandev-clickup", str(PROJECT))
        (tmp_path / name).write_text(unit, encoding="utf-8")
    done = analyze("verify", "--man=no", *(str(tmp_path / name) for name in units))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_timers_in_the_docs_run_when_meltano_yml_says() -> None:
    """At most every 15 minutes, and every night at 02:17."""
    units = units_on("guides/orchestrators")
    times = {
        name: re.findall(r"^OnCalendar=(.*)$", text, re.MULTILINE) for name, text in units.items()
    }
    assert times == {
        "pandev-run@.service": [],
        "pandev-run@sync.timer": ["*:0/15"],
        "pandev-run@sweep.timer": ["02:17"],
    }
    assert {schedule["job"]: schedule["interval"] for schedule in MELTANO["schedules"]} == {
        "sync": "*/15 * * * *",
        "sweep": "17 2 * * *",
    }
