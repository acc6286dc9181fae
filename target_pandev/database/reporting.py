"""The settings of reports: one stored row, its holidays, and what they imply for working time.

`working_ms()` and the other functions of migrations 0012 and 0042 apply them; `working_calendar`
is derived from them here, so that these functions need no table.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from psycopg.rows import class_row

from target_pandev.database.ide_time import derive_all_intervals
from target_pandev.errors import ReportingError
from target_pandev.sql import read_statement

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from target_pandev.database.connection import Connection

READ = """
SELECT time_zone, week_start, working_days, pg_catalog.to_char(opens_at, 'HH24:MI') AS opens_at,
    pg_catalog.to_char(closes_at, 'HH24:MI') AS closes_at, sprint_grace_hours,
    counts_merges, bots
FROM reporting
"""
UPDATE = """
UPDATE reporting SET time_zone = %(time_zone)s, week_start = %(week_start)s,
    working_days = %(working_days)s, opens_at = %(opens_at)s, closes_at = %(closes_at)s,
    sprint_grace_hours = %(sprint_grace_hours)s, counts_merges = %(counts_merges)s, bots = %(bots)s
"""
CALENDAR_SINCE = 42
"""The migration since which `working_calendar` has its present parts."""
TIME_ZONES = "SELECT name FROM pg_catalog.pg_timezone_names WHERE name NOT LIKE 'posix/%'"
LOCK = "LOCK TABLE reporting IN SHARE ROW EXCLUSIVE MODE"
TOUCH_FUNCTIONS = (
    "ALTER FUNCTION work_date(timestamptz) STABLE",
    "ALTER FUNCTION work_week(timestamptz) STABLE",
    "ALTER FUNCTION calendar_period(timestamptz) STABLE",
    "ALTER FUNCTION week_working_ms(timestamp) STABLE",
    "ALTER FUNCTION is_counted_commit(jsonb, text, text) STABLE",
)
"""Statements that change nothing, but make PostgreSQL plan prepared queries again."""


@dataclass(frozen=True)
class ReportingRules:
    """The row of `reporting`. Days of the week: 1 is Monday. Times of day: HH:MM, up to 24:00.

    `bots` are names and addresses of authors whose commits do not count; `*` in them is any text.
    """

    time_zone: str
    week_start: int
    working_days: list[int]
    opens_at: str
    closes_at: str
    sprint_grace_hours: int
    counts_merges: bool
    bots: list[str]


@dataclass(frozen=True)
class ReportingChange:
    """What to change; None keeps what is stored. Holidays are replaced as a whole."""

    time_zone: str | None = None
    week_start: int | None = None
    working_days: list[int] | None = None
    opens_at: str | None = None
    closes_at: str | None = None
    holidays: Mapping[date, str | None] | None = None
    sprint_grace_hours: int | None = None
    counts_merges: bool | None = None
    bots: list[str] | None = None


def read_reporting(connection: Connection) -> tuple[ReportingRules, list[tuple[date, str | None]]]:
    """Return the rules and the holidays."""
    cursor = connection.cursor(row_factory=class_row(ReportingRules))
    (rules,) = cursor.execute(READ.encode()).fetchall()
    holidays = connection.execute("SELECT day, name FROM reporting_holidays ORDER BY day")
    return rules, [(day, name) for day, name in holidays]


def change_reporting(connection: Connection, change: ReportingChange) -> None:
    """Change what is given, and derive `working_calendar`. Raises `ReportingError`."""
    values = asdict(change)
    values.pop("holidays")
    if change.time_zone is not None:
        values["time_zone"] = _find_time_zone(connection, change.time_zone)
    changed = {name: value for name, value in values.items() if value is not None}
    with connection.transaction():
        connection.execute(LOCK)
        rules, _ = read_reporting(connection)
        connection.execute(UPDATE, asdict(rules) | changed)
        if change.holidays is not None:
            connection.execute("DELETE FROM reporting_holidays")
            connection.cursor().executemany(
                "INSERT INTO reporting_holidays VALUES (%s, %s)", [*change.holidays.items()]
            )
        derive_calendar(connection)
        for statement in TOUCH_FUNCTIONS:
            connection.execute(statement.encode())
        if values["time_zone"] not in {None, rules.time_zone}:
            derive_all_intervals(connection)


def derive_calendar(connection: Connection) -> None:
    """Derive `working_calendar` from the rules and the holidays."""
    for name in ("working_week", "working_calendar"):
        connection.execute(read_statement(name).encode())


def _find_time_zone(connection: Connection, name: str) -> str:
    """Return the name as PostgreSQL writes it, which is case-sensitive elsewhere."""
    names = {str(known).lower(): str(known) for (known,) in connection.execute(TIME_ZONES)}
    if known := names.get(name.lower()):
        return known
    close = get_close_matches(name.lower(), names, n=1)
    hint = names[close[0]] if close else "Europe/Berlin"
    raise ReportingError(f"time zone {name}: unknown to PostgreSQL; expected a name such as {hint}")
