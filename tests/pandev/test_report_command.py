"""The command line of `pandev report`: what it is limited to, its exit codes, and its output."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from pandev.report.sections import BY_NAME, SECTIONS
from pandev.report.selection import SelectionError, parse_since
from tests.pandev.report_store import PERIOD, connect, fill, report
from tests.support.waiting import TIMEOUT_SECONDS, wait_until

PANDEV = Path(sys.executable).with_name("pandev")
HEBREW = "\u05ea\u05d9\u05e7\u05d5\u05df"
"""The begin of a title."""
TODAY = date(2026, 3, 31)
OTHERS = """
INSERT INTO workspaces (id, _sdc_extracted_at, _sdc_hash) VALUES ('901', now(), gen_random_uuid());
INSERT INTO spaces (workspace_id, id, _sdc_extracted_at, _sdc_hash)
VALUES ('901', '19', now(), gen_random_uuid());
INSERT INTO lists (workspace_id, id, _sdc_extracted_at, _sdc_hash)
VALUES ('901', '39', now(), gen_random_uuid());
"""


@pytest.fixture
def filled(database: str) -> str:
    """Return the address of a store with known rows."""
    fill(database)
    return database


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-01", date(2026, 3, 1)),
        ("30d", date(2026, 3, 1)),
        (" 2W ", date(2026, 3, 17)),
        ("0d", TODAY),
    ],
)
def test_a_period_begins_on_a_day_or_some_days_ago(text: str, expected: date) -> None:
    assert parse_since(text, TODAY) == expected


@pytest.mark.parametrize("text", ["", "yesterday", "30", "-3d", "2026-02-30", "0001-01-01"])
def test_an_invalid_period_is_an_error(text: str) -> None:
    with pytest.raises(SelectionError, match=r"^--since: .* expected a day such as 2026-03-01"):
        parse_since(text, TODAY)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--space", "shop"), 4),
        (("--space", "12"), 2),
        (("--list", "Backlog"), 2),
        (("--list", "Backlog", "--space", "shop"), 0),
        (("--workspace", "ACME"), 6),
    ],
)
def test_sections_are_limited_by_name_or_id(
    filled: str, arguments: tuple[str, ...], expected: int
) -> None:
    done = report(filled, "groups", "--format", "json", *arguments)
    assert sum(row["tasks"] for row in json.loads(done.stdout)["groups"]) == expected


def test_every_scope_of_a_section_limits_its_rows(filled: str) -> None:
    """Of another workspace, space or list there are none."""
    with connect(filled) as connection:
        connection.execute(OTHERS)
    for scope, key in (("workspace", "901"), ("space", "19"), ("list", "39")):
        done = report(filled, f"--{scope}", key, *PERIOD, "--format", "json")
        sections = json.loads(done.stdout)
        limited = [section.name for section in SECTIONS if scope in section.scopes]
        assert list(sections) == limited
        trust = sections.pop("trust", [])
        assert [row["workspace_id"] for row in trust] == ["901"] * (scope == "workspace")
        assert [name for name, rows in sections.items() if rows] == []
        left_out = ", ".join(name for name in BY_NAME if name not in limited)
        assert done.stderr.splitlines()[0] == (
            f"pandev: left out, as not limited by --{scope}: {left_out}"
        )


def test_a_section_that_cannot_be_limited_is_an_error(filled: str) -> None:
    """Its rows would be those of all spaces."""
    with pytest.raises(SelectionError, match=r"^links: cannot be limited by --space$"):
        report(filled, "flow", "links", "--space", "shop")


def test_an_unknown_name_is_an_error_with_those_that_exist(filled: str) -> None:
    message = "--space: the store has no space with the name or id 'Shops'; it has Platform, Shop"
    with pytest.raises(SelectionError, match=f"^{message}$"):
        report(filled, "flow", "--space", "Shops")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--format", "csv"), "--format csv: name one section"),
        (("flow", "ages", "--format", "csv"), "--format csv: name one section"),
        (("velocity",), "'velocity' is not one of trust, groups, activity"),
        (("--limit", "0"), "0 is not in the range x>=1"),
        (("--format", "xml"), "'xml' is not one of 'table', 'json', 'csv'"),
    ],
)
def test_wrong_usage_ends_with_2(filled: str, arguments: tuple[str, ...], message: str) -> None:
    done = report(filled, *arguments)
    assert done.exit_code == 2
    assert message in done.stderr


def test_a_hyphen_is_as_good_as_an_underscore(filled: str) -> None:
    assert report(filled, "status-times", *PERIOD, "--format", "csv").exit_code == 0


def test_empty_sections_say_why_and_what_to_do(database: str) -> None:
    """In a sentence each; programs get empty lists, and the reasons on standard error."""
    text = report(database, columns=80).stdout
    for section in SECTIONS:
        if section.is_count_of_rows:
            continue
        body = text.split(f"({section.name})\n", 1)[1].split("\n\n", 1)[0]
        assert " ".join(body.split()) == section.needs[0].advice
        assert max(map(len, body.splitlines())) <= 80
    done = report(database, "flow", "people", "--format", "json")
    assert json.loads(done.stdout) == {"flow": [], "people": []}
    assert done.stderr.splitlines() == [
        "pandev: flow: no tasks are loaded; run: pandev sync",
        "pandev: people: no employees are loaded; run: pandev employees load FILE",
    ]
    assert done.exit_code == 0


def test_without_a_store_nothing_is_created(empty_database: str, tmp_path: Path) -> None:
    """A report on a machine where nothing was loaded gives the next step."""
    with connect(empty_database) as connection:
        schemas = "SELECT nspname FROM pg_namespace WHERE nspname = 'pandev'"
        for arguments in (("", "--store-dir", str(tmp_path / "store")), (empty_database,)):
            done = report(*arguments)
            assert (done.exit_code, done.stdout) == (5, "")
            assert done.stderr == "pandev: nothing loaded yet: run pandev connect\n"
        assert connection.execute(schemas.encode()).fetchall() == []
    assert list(tmp_path.iterdir()) == []


def test_an_empty_period_is_named(filled: str) -> None:
    text = report(filled, "unlinked", "allocation", "--since", "2026-02-13", "--space", "shop")
    within = "since 2026-02-13, in the chosen space"
    assert [line for line in text.stdout.splitlines() if line.startswith("  ")] == [
        f"  {within}: every closed task is linked with a commit, branch or pull request",
        f"  {within}: there are no finished time entries",
    ]


def environment(**more: str) -> dict[str, str]:
    """Return the environment of this process without the settings of a terminal."""
    return {name: value for name, value in os.environ.items() if name != "COLUMNS"} | more


def test_a_broken_pipe_is_quiet(filled: str, tmp_path: Path) -> None:
    """The exit code is that of a process that SIGPIPE has ended."""
    script = '"$0" report --since 2026-02-01 --store-url "$1" | head -n 1; echo ${PIPESTATUS[0]}'
    done = subprocess.run(
        ["bash", "-c", script, PANDEV, filled],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == ["Times are in UTC.", "141"]
    assert done.stderr == ""


def test_output_is_plain_when_it_is_not_a_terminal(filled: str, tmp_path: Path) -> None:
    """And no wider than 120 columns, in any encoding."""
    done = subprocess.run(
        [PANDEV, "report", *PERIOD, "--store-url", filled],
        cwd=tmp_path,
        env=environment(PYTHONIOENCODING="latin-1"),
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Checkout: customers who pay by invoice" in done.stdout
    assert done.stdout.isascii()
    assert "\x1b" not in done.stdout
    assert 100 < max(map(len, done.stdout.splitlines())) <= 120


def test_a_terminal_gets_bold_titles_and_its_width(filled: str, tmp_path: Path) -> None:
    """Right-to-left titles are marked, so that the terminal does not reorder the columns."""
    master, terminal = pty.openpty()
    process = subprocess.Popen(
        [PANDEV, "report", "activity", "work_log", "groups", *PERIOD, "--store-url", filled],
        cwd=tmp_path,
        env=environment(COLUMNS="90"),
        stdout=terminal,
        stdin=terminal,
    )
    os.close(terminal)
    output = bytearray()

    def has_ended() -> bool:
        """Read what there is; a closed terminal is the end, which Linux reports as an error."""
        if not select.select([master], [], [], 0)[0]:
            return False
        try:
            part = os.read(master, 65_536)
        except OSError:
            return True
        output.extend(part)
        return not part

    try:
        wait_until(has_ended)
        assert process.wait(TIMEOUT_SECONDS) == 0
    finally:
        process.kill()
        process.wait()
        os.close(master)
    assert b"\x1b[1mTasks by status group" in output
    assert f"\u200e  \u200e{HEBREW}".encode() in output
