"""The stream of tap-ide: it turns what its sources read into records, and notes what was read."""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any, cast

from singer_sdk import typing as th

from tap_base.streams import BaseStream
from tap_ide.client import Client
from tap_ide.errors import HistoryLimitError, SourceError
from tap_ide.event_files import read_events
from tap_ide.events import PANDEV, WAKATIME, build_record, pandev_context, parse_time
from tap_ide.heartbeats import decode_heartbeats, heartbeat_context
from tap_ide.progress import AccountProgress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from singer_sdk.helpers.types import Context, Record

    from tap_ide.client import DayResponse
    from tap_ide.event_files import EventFile
    from tap_ide.settings import Account
    from tap_ide.sync import HasSyncContext, SyncContext

FIRST_RUN_DAYS = 90

logger = logging.getLogger("tap-ide")


def _column(name: str, description: str, kind: Any = th.StringType) -> th.Property[Any]:
    return th.Property(name, kind, required=True, nullable=False, description=description)


def _nullable(name: str, description: str) -> th.Property[Any]:
    return th.Property(name, th.StringType, description=description)


class IdeEventsStream(BaseStream):
    """Events of all employees, file by file and account by account.

    The state contains what has been read, under hashes of paths and accounts:
    `{"files": {"<hash>": "<size>-<time of change>"}, "accounts": {"<hash>": {"since": "<day>",
    "day": "<last day>", "responses": {"<one of the last days>": "<hash of the response>"}}}}`.
    """

    name = "ide_events"
    primary_keys = ("email", "occurred_at", "source", "event_hash")
    schema = th.PropertiesList(
        _column("email", "E-mail address of the employee, in lower case"),
        _column("occurred_at", "When it happened, to the millisecond", th.DateTimeType),
        _column("source", "pandev for an event file, wakatime for a heartbeat"),
        _column("event_hash", "Hash of the columns below: events that differ in them are distinct"),
        _nullable("activity_type", "Kind of activity, such as edit, coding or debugging"),
        _nullable("project", "Project in the editor"),
        _nullable("repository_path", "Group, subgroups and name of the repository"),
        _nullable("branch", "Branch that was checked out"),
        _nullable("language", "Programming language"),
        _nullable("editor", "Editor and its version"),
    ).to_dict()

    @property
    def sync_context(self) -> SyncContext:
        """The settings and the sources of this run."""
        return cast("HasSyncContext", self._tap).sync_context

    @property
    def replication_method(self) -> str:
        """LOG_BASED, as the bookmark is what was read; FULL_TABLE if the catalog requests it."""
        return "FULL_TABLE" if self.forced_replication_method == "FULL_TABLE" else "LOG_BASED"

    def get_records(self, context: Context | None) -> Iterator[Record]:  # noqa: ARG002 the SDK's signature
        """Yield the events that no earlier run has read."""
        yield from self._file_records()
        for account in self.sync_context.accounts:
            try:
                yield from self._account_records(account)
            except SourceError as error:
                self.sync_context.failures.append(f"wakatime_accounts: {error}")

    def _file_records(self) -> Iterator[Record]:
        read = self._saved("files")
        files = self.sync_context.files
        # a file that is gone is forgotten; emptied, as Meltano may merge this into an older state
        self.stream_state["files"] = {file.key: read.get(file.key, "") for file in files}
        for file in files:
            try:
                fingerprint = f"{file.fingerprint()}-{self.sync_context.times.start_ms}"
                if read.get(file.key) == fingerprint:
                    continue
                yield from self._records_of_file(file)
            except SourceError as error:
                self.sync_context.failures.append(str(error))
                continue
            self.stream_state["files"][file.key] = fingerprint

    def _records_of_file(self, file: EventFile) -> Iterator[Record]:
        self._extracted_at = datetime.now(UTC)
        times = self.sync_context.times
        odd = 0
        for event in read_events(file):
            self.sync_context.raise_if_interrupted()
            time_ms = parse_time(event.get("timestamp"), times) if isinstance(event, dict) else None
            if time_ms is None:
                odd += 1
            elif time_ms >= times.start_ms:
                yield build_record(file.email, PANDEV, time_ms, pandev_context(event))
        if odd:
            logger.warning("%s: %s without a plausible timestamp left out", file.path, _events(odd))

    def _account_records(self, account: Account) -> Iterator[Record]:
        """Yield the heartbeats of the days that are due. Raises `SourceError`."""
        key = sha256(f"{account.email}\0{account.url}".encode()).hexdigest()[:16]
        progress = AccountProgress(
            self._saved("accounts").get(key),
            first_day=self._first_day(),
            today=self._today,
            window_days=self.sync_context.window_days,
        )
        unavailable: list[date] = []
        with Client(account, self.sync_context.raise_if_interrupted) as client:
            for day in progress.due_days():
                try:
                    response = client.read_day(day)
                except HistoryLimitError:
                    unavailable.append(day)
                    continue
                if progress.has_changed(day, response.body):
                    yield from self._heartbeat_records(account, client.name, response)
                accounts = self.stream_state.setdefault("accounts", {})
                accounts[key] = progress.note(day, response.body)
        if unavailable:
            logger.warning(
                "%s: HTTP 402, the account's plan does not include %d days until %s",
                client.name,
                len(unavailable),
                unavailable[-1],
            )

    def _heartbeat_records(
        self, account: Account, name: str, response: DayResponse
    ) -> Iterator[Record]:
        self._extracted_at = response.requested_at
        times = self.sync_context.times
        try:
            heartbeats = decode_heartbeats(response.body)
        except ValueError as error:
            raise SourceError(
                f"{name}: {error}; check wakatime_url, which ends with /api/v1, and with "
                "/api/compat/wakatime/v1 for Wakapi"
            ) from None
        odd = 0
        for heartbeat in heartbeats:
            self.sync_context.raise_if_interrupted()
            time_ms = parse_time(heartbeat.time, times)
            if time_ms is None:
                odd += 1
            elif time_ms >= times.start_ms:
                yield build_record(account.email, WAKATIME, time_ms, heartbeat_context(heartbeat))
        if odd:
            logger.warning("%s: %s without a plausible timestamp left out", name, _events(odd))

    @property
    def _today(self) -> date:
        return self.sync_context.started_at.date()

    def _first_day(self) -> date:
        """Return the first day to read; a day earlier than in UTC, for other time zones."""
        start_date = self.sync_context.start_date
        if start_date is None:
            return self._today - timedelta(days=FIRST_RUN_DAYS)
        return start_date.astimezone(UTC).date() - timedelta(days=1)

    def _saved(self, name: str) -> dict[str, Any]:
        """Return a part of the state, or nothing if all is to be read again."""
        saved = {} if self.replication_method == "FULL_TABLE" else self.stream_state.get(name)
        return saved if isinstance(saved, dict) else {}

    def _write_starting_replication_value(self, context: Context | None) -> None:
        """Write nothing: what the state contains is the starting value."""


def _events(count: int) -> str:
    return f"{count} event" if count == 1 else f"{count} events"
