"""Read and write time entries of one workspace at ClickUp.

An entry is created once: a lost answer is not a reason to send it again. Changing and deleting an
entry twice has the same result as doing it once, so these are retried.
https://developer.clickup.com/reference/createatimeentry
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from pandev.worklogs.errors import WorklogError, WrongEntryError
from tap_clickup.conversions import to_epoch_ms
from tap_clickup.date_slices import date_slices
from tap_clickup.errors import AccessDeniedError, ClickUpError, UnexpectedResponseError
from tap_clickup.fields import Fields
from tap_clickup.readers.time_entry_reader import TimeEntryReader
from tap_clickup.urls import api_path
from tap_clickup.worklog_marker import find_marker

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from pandev.worklogs.facts import Period
    from pandev.worklogs.plan import PlannedEntry
    from tap_clickup.client import Client
    from tap_clickup.workspace import Workspace


@dataclass(frozen=True)
class WrittenEntry:
    """An entry as ClickUp has it after a request; without a time if it was deleted."""

    id: str | None
    duration_ms: int | None


class WorkspaceEntries:
    """The time entries of a workspace, of all its members."""

    def __init__(self, client: Client, workspace: Workspace) -> None:
        self._client = client
        self._workspace = workspace

    def read(self, user_ids: Iterable[str], period: Period) -> list[dict[str, Any]]:
        """Return the entries of users, and those of the token's user, as records of the tap.

        Raises `WorklogError` unless all of them are visible and readable.
        """
        workspace_id = self._workspace.id
        users = sorted({*user_ids, self._client.user_id})
        reader = TimeEntryReader(self._client, self._workspace, users, None)
        if not reader.privileged:
            raise WorklogError(
                f"workspace {workspace_id}: the token's user is neither owner nor admin, and can "
                "neither see nor write the time of others; change the role under Workspace "
                "settings > People"
            )
        records: list[dict[str, Any]] = []
        for time_slice in date_slices(period.starts_at, period.ends_at):
            part = reader.read(time_slice)
            if part.left_out_ids or not part.is_complete or reader.denied_user_ids:
                raise WorklogError(
                    f"workspace {workspace_id}: not all time entries can be read, so it is not "
                    "known which were written before; nothing was written"
                )
            records += part.records
        return records

    def create(self, entry: PlannedEntry, starts_at: datetime) -> WrittenEntry:
        """Create an entry. Raises `ApiUnavailableError` if it is not known whether it exists.

        Raises `WrongEntryError` if ClickUp made another entry than requested, which is deleted: an
        assignee who cannot track time is dropped in silence, and the entry is the token user's.
        """
        body = {
            "tid": entry.task_id,
            "start": to_epoch_ms(starts_at),
            "duration": entry.planned_ms,
            "description": entry.marker,
            "billable": False,
            "assignee": int(entry.user_id or ""),
        }
        path = api_path("team", self._workspace.id, "time_entries")
        response = self._client.write("POST", path, body, required_key=None, once=True)
        created = Fields(response.body).object("data")
        if created.id is None:
            raise UnexpectedResponseError(f"POST {path}: the response has no readable id")
        self._check(entry, created)
        return WrittenEntry(created.id, _duration_ms(created, entry))

    def update(self, entry: PlannedEntry, starts_at: datetime) -> WrittenEntry:
        """Change the time of an entry in place; its description stays as it is."""
        start_ms = to_epoch_ms(starts_at)
        body = {
            "start": start_ms,
            "end": start_ms + entry.planned_ms,
            "duration": entry.planned_ms,
            "tags": [],
            "tag_action": "add",
        }
        self._client.write("PUT", self._path(entry.time_entry_id), body, required_key=None)
        return WrittenEntry(entry.time_entry_id, entry.planned_ms)

    def delete(self, entry_id: str | None) -> WrittenEntry:
        """Delete an entry, which is no longer there if the response to a request was lost."""
        retries = self._client.stats.retries
        try:
            self._client.write("DELETE", self._path(entry_id), required_key=None)
        except AccessDeniedError:
            if self._client.stats.retries == retries:
                raise
        return WrittenEntry(entry_id, None)

    def _path(self, entry_id: str | None) -> str:
        return api_path("team", self._workspace.id, "time_entries", entry_id or "")

    def _check(self, entry: PlannedEntry, created: Fields) -> None:
        """Delete what was created, and raise `WrongEntryError`, unless it is what was requested."""
        user_id = created.object("user").identifier("id")
        reason = None
        if user_id != entry.user_id:
            reason = (
                f"ClickUp booked it on user {user_id}, as it does if user {entry.user_id} "
                f"({entry.person}) cannot track time there; make that user a member of the space"
            )
        elif created.object("task").identifier("id") != entry.task_id:
            reason = "ClickUp booked it on another task"
        elif find_marker(created.payload.get("description")) != entry.marker:
            reason = "ClickUp did not keep its marker, without which it could be written twice"
        if reason:
            self.delete_wrong(entry, created.id, reason)

    def delete_wrong(self, entry: PlannedEntry, entry_id: str | None, reason: str) -> NoReturn:
        """Delete an entry that is not as planned, and raise `WrongEntryError`."""
        result = "was deleted"
        try:
            self.delete(entry_id)
        except ClickUpError as error:
            result = f"is wrong and could not be deleted ({error}), so delete it in ClickUp"
        raise WrongEntryError(
            f"time entry {entry_id} of task {entry.task_id} on {entry.work_date} {result}, and the "
            f"run has stopped: {reason}"
        )


def _duration_ms(created: Fields, entry: PlannedEntry) -> int:
    duration_ms = created.integer("duration")
    return entry.planned_ms if duration_ms is None else duration_ms
