"""What the status depends on outside of the store: the selection, the schedule and the receiver.

Nothing is created, and ClickUp is not asked.
"""

from __future__ import annotations

import http.client
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import yaml

from clickup_receiver.inbox.inbox import Inbox
from clickup_receiver.meltano_jobs import find_job_command
from clickup_receiver.meltano_project import PROJECT_FILE, TAP

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from clickup_receiver.meltano_project import MeltanoProject

RECEIVER: Final = "clickup-receiver"
MELTANO: Final = "meltano schedule"
TIMEOUT_SECONDS: Final = 2.0
EVERY_MINUTES = re.compile(r"\*/(\d{1,2})( \*){4}")
SYNC_JOB: Final = "sync"


@dataclass(frozen=True)
class Surroundings:
    """The schedule of the poll, None if it is not known, and the state of the receiver.

    `pending_events` and `dead_letters` are None without an inbox.
    """

    poll_interval: timedelta | None = None
    scheduled_by: str | None = None
    is_receiver_ready: bool = False
    pending_events: int | None = None
    dead_letters: int | None = None

    def next_sync_at(self, last_sync_at: datetime | None, now: datetime) -> datetime | None:
        """Return when the next poll is due, if that is known.

        Meltano only declares a schedule: it counts if the last sync shows that something runs it.
        """
        if self.poll_interval is None or last_sync_at is None:
            return None
        if self.scheduled_by == MELTANO:
            if now - last_sync_at > 2 * self.poll_interval:
                return None
            minutes = int(self.poll_interval.total_seconds() // 60)
            hour = now.replace(minute=0, second=0, microsecond=0)
            next_minute = (now.minute // minutes + 1) * minutes
            return hour + timedelta(minutes=min(60, next_minute))
        return last_sync_at + self.poll_interval


def find_surroundings(
    *,
    project: MeltanoProject | None,
    port: int,
    data_dir: Path,
    poll_command: str | None,
    poll_minutes: int,
) -> Surroundings:
    """Return what is known of the schedule and of the receiver. Raises `InboxError`.

    Without `poll_command` the receiver runs a job of the project; an empty one turns that off.
    """
    is_ready = is_receiver_ready(port)
    if is_ready and poll_command is None and project:
        poll_command = find_job_command(project, TAP)
    pending, dead = read_inbox(data_dir / "inbox.sqlite")
    interval: timedelta | None = None
    scheduled_by: str | None = None
    if is_ready and poll_command:
        interval, scheduled_by = timedelta(minutes=poll_minutes), RECEIVER
    elif project and (minutes := _scheduled_minutes(project.folder / PROJECT_FILE)):
        interval, scheduled_by = timedelta(minutes=minutes), MELTANO
    return Surroundings(interval, scheduled_by, is_ready, pending, dead)


def is_receiver_ready(port: int) -> bool:
    """Return whether a receiver on this machine accepts deliveries."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def read_inbox(path: Path) -> tuple[int | None, int | None]:
    """Return how many events are pending and how many are dead; None without an inbox.

    Raises `InboxError`.
    """
    if not path.exists():
        return None, None
    inbox = Inbox(path)
    try:
        return inbox.depth()[0], inbox.count_dead_letters()
    finally:
        inbox.close()


def origin_of(url: str | None) -> str | None:
    """Return scheme, host and port of our webhooks' address, as the store has them."""
    if not url:
        return None
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _scheduled_minutes(path: Path) -> int | None:
    """Return the minutes between the polls that Meltano schedules; None if that is not known."""
    try:
        content: Any = yaml.safe_load(path.read_bytes())
    except (OSError, yaml.YAMLError):
        return None
    if not isinstance(content, dict):
        return None
    for schedule in content.get("schedules") or ():
        match = EVERY_MINUTES.fullmatch(str(schedule.get("interval")))
        if schedule.get("job") == SYNC_JOB and match:
            return int(match[1]) or None
    return None
