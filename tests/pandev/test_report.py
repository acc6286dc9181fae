"""`pandev report` shows the store as text for a person, at any width."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import psycopg
import pytest
from rich.console import Console

from pandev.report import build_tables, format_value
from target_pandev.database import Store
from tests.target_pandev.first_release import MIGRATIONS, create_old_store

if TYPE_CHECKING:
    from collections.abc import Iterator

ONE_MORE_RUN = """
INSERT INTO sync_runs (workspace_id, source, started_at, finished_at, complete, records, requests,
    retries, _sdc_extracted_at, _sdc_hash)
VALUES ('900', 'tap-clickup', '2026-03-02T10:00:00Z', '2026-03-02T10:01:15.25Z', false,
    '{"lists": 12, "tasks": 1000, "time_entries": 15000, "users": 3}', 1200, 3, now(),
    gen_random_uuid())
"""

WIDE = """\
Tasks by status group
┏━━━━━━━━━━━━━━┳━━━━━━━┳━━━━━━━━━━┓
┃ status group ┃ tasks ┃ statuses ┃
┡━━━━━━━━━━━━━━╇━━━━━━━╇━━━━━━━━━━┩
│ IN_PROGRESS  │     1 │ blocked  │
│ CLOSED       │     1 │ shipped  │
└──────────────┴───────┴──────────┘
Recent tasks next to their commits and branches
┏━━━━━━━━┳━━━━━━━━┳━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━┳━━━━━━━━━━━━━━━━━━┓
┃ task   ┃ name   ┃ status  ┃ activity                      ┃ author ┃ at               ┃
┡━━━━━━━━╇━━━━━━━━╇━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━╇━━━━━━━━━━━━━━━━━━┩
│ abc1d2 │ Log in │ shipped │ branch: feature/CU-abc1d2     │ Bo B.  │ 2026-02-04 09:30 │
│ abc1d2 │ Log in │ shipped │ commit: DEV-1: check password │ Ada L. │ 2026-02-03 09:30 │
└────────┴────────┴─────────┴───────────────────────────────┴────────┴──────────────────┘
Task references in commits and branches
┏━━━━━━━━┳━━━━━━━━━━━┳━━━━━━━━━┳━━━━━━━━━━━┳━━━━━━━━━━━┓
┃ source ┃ kind      ┃ matched ┃ ambiguous ┃ unmatched ┃
┡━━━━━━━━╇━━━━━━━━━━━╇━━━━━━━━━╇━━━━━━━━━━━╇━━━━━━━━━━━┩
│ branch │ task id   │       1 │         0 │         0 │
│ commit │ custom id │       1 │         0 │         0 │
│ commit │ task id   │       0 │         0 │         1 │
└────────┴───────────┴─────────┴───────────┴───────────┘
Last runs
┏━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━┳━━━━━━━━━━┳━━━━━━━━━┳━━━━━━━━━━┓
┃ workspace ┃ started at          ┃ seconds ┃ requests ┃ retries ┃ complete ┃
┡━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━╇━━━━━━━━━━╇━━━━━━━━━╇━━━━━━━━━━┩
│ 900       │ 2026-03-02 10:00:00 │    75.3 │    1,200 │       3 │ no       │
│ 900       │ 2026-03-01 09:59:00 │   120.0 │       12 │       1 │ yes      │
└───────────┴─────────────────────┴─────────┴──────────┴─────────┴──────────┘
Records of the last runs
┏━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┓
┃ workspace ┃ started at          ┃ records                                             ┃
┡━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┩
│ 900       │ 2026-03-02 10:00:00 │ time entries 15,000, tasks 1,000, lists 12, users 3 │
│ 900       │ 2026-03-01 09:59:00 │ tasks 4                                             │
└───────────┴─────────────────────┴─────────────────────────────────────────────────────┘
"""
NARROW_ACTIVITY = """\
┏━━━━━━━━┳━━━━━━━━┳━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━┳━━━━━━━━━━━━━━━━━━┓
┃ task   ┃ name   ┃ status  ┃ activity             ┃ author ┃ at               ┃
┡━━━━━━━━╇━━━━━━━━╇━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━╇━━━━━━━━━━━━━━━━━━┩
│ abc1d2 │ Log in │ shipped │ branch:              │ Bo B.  │ 2026-02-04 09:30 │
│        │        │         │ feature/CU-abc1d2    │        │                  │
│ abc1d2 │ Log in │ shipped │ commit: DEV-1: check │ Ada L. │ 2026-02-03 09:30 │
│        │        │         │ password             │        │                  │
└────────┴────────┴─────────┴──────────────────────┴────────┴──────────────────┘"""
NARROW_RECORDS = """\
┏━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┓
┃ workspace ┃ started at          ┃ records                                    ┃
┡━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┩
│ 900       │ 2026-03-02 10:00:00 │ time entries 15,000, tasks 1,000, lists    │
│           │                     │ 12, users 3                                │
│ 900       │ 2026-03-01 09:59:00 │ tasks 4                                    │
└───────────┴─────────────────────┴────────────────────────────────────────────┘"""

SECOND_TASK = """
INSERT INTO task_references (repository_id, source, object_key, kind, reference, ordinal)
VALUES ('r1', 'commit', 'c1', 'task_id', 'abc1d3', 2)
"""
LATEST_RUN = """\
┏━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━┳━━━━━━━━━━┳━━━━━━━━━┳━━━━━━━━━━┓
┃ workspace ┃ started at          ┃ seconds ┃ requests ┃ retries ┃ complete ┃
┡━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━╇━━━━━━━━━━╇━━━━━━━━━╇━━━━━━━━━━┩
│ 900       │ 2026-03-02 10:00:00 │    75.3 │    1,200 │       3 │ no       │
└───────────┴─────────────────────┴─────────┴──────────┴─────────┴──────────┘"""
RECORDS_OF_LATEST_RUN = """\
┏━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┓
┃ workspace ┃ started at          ┃ records                                             ┃
┡━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┩
│ 900       │ 2026-03-02 10:00:00 │ time entries 15,000, tasks 1,000, lists 12, users 3 │
└───────────┴─────────────────────┴─────────────────────────────────────────────────────┘"""


@pytest.fixture
def store(empty_database: str) -> Iterator[Store]:
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA pandev")
        connection.execute("SET search_path = pandev")
        create_old_store(connection, max(MIGRATIONS))
        connection.execute(ONE_MORE_RUN)
    with Store(empty_database, schema="pandev") as store:
        yield store


def printed(store: Store, *, width: int, limit: int = 10) -> str:
    """Return the report as it is printed, without the spaces at the ends of lines."""
    console = Console(file=io.StringIO(), width=width)
    for table in build_tables(store, limit=limit):
        console.print(table)
    assert isinstance(console.file, io.StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())


def section(report: str, title: str) -> str:
    """Return the table under a title."""
    return report.split(f"{title}\n", 1)[1].split("┘", 1)[0] + "┘"


def test_the_report_is_readable_at_120_columns(store: Store) -> None:
    assert printed(store, width=120).startswith(WIDE)


def test_long_texts_are_wrapped_at_80_columns(store: Store) -> None:
    report = printed(store, width=80)
    assert max(map(len, report.splitlines())) == 80
    assert section(report, "Recent tasks next to their commits and branches") == NARROW_ACTIVITY
    assert section(report, "Records of the last runs") == NARROW_RECORDS


def test_the_limit_shortens_the_longer_tables(store: Store, empty_database: str) -> None:
    """It is a number of tasks, with all activity of these tasks, and a number of runs."""
    with psycopg.connect(empty_database, options="-c search_path=pandev") as connection:
        connection.execute(SECOND_TASK)
    activity = "Recent tasks next to their commits and branches"
    assert "│ abc1d3 │ Retry jobs │ blocked │" in section(printed(store, width=120), activity)
    report = printed(store, width=120, limit=1)
    assert section(report, activity) == section(WIDE, activity)
    assert section(report, "Last runs") == LATEST_RUN
    assert section(report, "Records of the last runs") == RECORDS_OF_LATEST_RUN


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ""),
        (True, "yes"),
        (False, "no"),
        (1234567, "1,234,567"),
        (1234.5, "1,234.5"),
        ("a [b] c", "a [b] c"),
        ([], ""),
        (["sprints", 1000], "sprints, 1,000"),
        ({}, ""),
        ({"lists": 12, "tasks": 1000, "time_entries": 2}, "tasks 1,000, lists 12, time entries 2"),
    ],
)
def test_values_are_formatted_for_people(value: object, expected: str) -> None:
    assert format_value(value) == expected


def test_a_name_cannot_control_the_terminal(store: Store, empty_database: str) -> None:
    """Anyone who can name a task or write a commit could change the title or the clipboard."""
    hostile = "\x1b]0;owned\x07\x1b]52;c;cm0=\x07\x9b31m\r\n\u202eevil"
    with psycopg.connect(empty_database, options="-c search_path=pandev") as connection:
        connection.execute("UPDATE tasks SET name = %(text)s, status = %(text)s", {"text": hostile})
        connection.execute("UPDATE commits SET message = message || %s", (hostile,))
        connection.execute(
            "UPDATE sync_runs SET records = jsonb_build_object(%s::text, 1)", (hostile,)
        )
    report = printed(store, width=200)
    assert "evil" in report
    assert [char for char in report if not char.isprintable() and char != "\n"] == []
