"""A store with known rows, and the report of it."""

from __future__ import annotations

from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import psycopg
from click.testing import CliRunner

from pandev.cli import pandev
from pandev.report.sections import SECTIONS
from target_pandev.database.people import derive_all_people
from target_pandev.database.resolved_links import resolve_all_links
from target_pandev.database.transitions import derive_all_transitions

if TYPE_CHECKING:
    from click.testing import Result

FIXTURES = Path(__file__).parent / "fixtures"
STABLE = [section.name for section in SECTIONS if section.name != "tables"]
"""All sections but the one that shows how many migrations there are."""
PERIOD = ("--since", "2026-02-01")
LAST_RUN = """
SELECT to_char(started_at, 'YYYY-MM-DD HH24:MI'), to_char(finished_at, 'YYYY-MM-DD HH24:MI')
FROM sync_runs WHERE source = 'tap-clickup'
"""


def connect(database: str) -> psycopg.Connection[tuple[Any, ...]]:
    """Return a connection to a test's store."""
    options = "-c search_path=pandev -c timezone=UTC"
    return psycopg.connect(database, options=options, autocommit=True)


def fill(database: str) -> None:
    """Insert the rows into an empty store."""
    with connect(database) as connection, connection.transaction():
        connection.execute((FIXTURES / "report_rows.sql").read_bytes())
        derive_all_people(connection)
        derive_all_transitions(connection)
        resolve_all_links(connection)


def report(database: str, *arguments: str, columns: int = 120) -> Result:
    """Run `pandev report` outside of any Meltano project."""
    with TemporaryDirectory() as folder, chdir(folder):
        return CliRunner().invoke(
            pandev,
            ["report", *arguments, "--store-url", database],
            env={"COLUMNS": str(columns)},
            catch_exceptions=False,
        )


def printed(database: str, *arguments: str, columns: int = 120) -> str:
    """Return what `pandev report` prints, with fixed times in place of those of the last run."""
    done = report(database, *arguments, columns=columns)
    assert done.exit_code == 0, done.output
    with connect(database) as connection:
        ((started, finished),) = connection.execute(LAST_RUN).fetchall()
    text = done.stdout.replace(finished, "2026-02-13 09:02")
    return text.replace(started, "2026-02-13 09:00")
