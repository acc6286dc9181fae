"""Who is running the job, as Meltano's database has it: read only, and only if it is a local file.

A run records when it began and who started it, and every second that it is alive.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from clickup_receiver.meltano_project import DATABASE

if TYPE_CHECKING:
    from pathlib import Path

NAMES: Final = {None: "Meltano", "cli": "meltano run"}
"""What Meltano sets itself, in words."""
SILENT_AFTER: Final = timedelta(minutes=1)
GIVEN_UP_AFTER: Final = timedelta(minutes=5)
"""Without a sign of life for so long, Meltano no longer takes a run into account."""
LATEST: Final = """
SELECT trigger, started_at, coalesce(last_heartbeat_at, started_at) FROM runs
WHERE state = 'RUNNING' AND job_name LIKE ? ORDER BY started_at DESC LIMIT 1
"""


@dataclass(frozen=True)
class RunningJob:
    """A run that has not ended, or was killed."""

    started_by: str
    started_at: datetime
    seen_at: datetime

    def describe(self, now: datetime) -> str:
        """Return who runs it since when, and what to do if it was killed."""
        started = f"started by {self.started_by} at {self.started_at:%H:%M} UTC"
        if now - self.seen_at < SILENT_AFTER:
            return f"a sync is running, {started}; pandev status shows how far it is"
        given_up_at = self.seen_at + GIVEN_UP_AFTER
        return (
            f"a sync, {started}, has given no sign of life since {self.seen_at:%H:%M}; if it was "
            f"killed, try again after {given_up_at:%H:%M} UTC"
        )


def find_running_job(folder: Path, tap: str) -> RunningJob | None:
    """Return the run of a tap in a project; None if Meltano's database does not have it here."""
    path = folder / DATABASE
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            row = database.execute(LATEST, (f"%:{tap}-to-%",)).fetchone()
    except sqlite3.Error:
        return None
    if row is None:
        return None
    trigger, started_at, seen_at = row
    return RunningJob(NAMES.get(trigger, trigger), _parse(started_at), _parse(seen_at))


def _parse(text: str) -> datetime:
    """Return a time of SQLAlchemy, which is in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
