"""What the run shares: settings, sources, and what could not be read. It does not know the tap."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from tap_base.sources_context import SourcesContext
from tap_ide.errors import ConfigurationError, SourceError
from tap_ide.event_files import EventFile, find_owner, find_paths
from tap_ide.events import TimeRange
from tap_ide.settings import (
    parse_accounts,
    parse_event_files,
    validate_flattening,
    validate_url,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tap_base.sources_context import Interruption
    from tap_ide.settings import Account, EventFiles


class SyncContext(SourcesContext):
    """The settings and the sources of one run, and what could not be read."""

    error_type = ConfigurationError

    def __init__(self, config: Mapping[str, Any], interruption: Interruption) -> None:
        super().__init__(config, interruption)
        self.started_at = datetime.now(UTC)

    def validate(self) -> None:
        """Raise `ConfigurationError` if a setting is invalid, or nothing is to be read."""
        validate_flattening(self._config.get("flattening_enabled"))
        sources = [*self._event_file_entries, *self.accounts]
        if not sources:
            raise ConfigurationError(
                "event_files, wakatime_accounts: no source is configured; expected at least one"
            )
        _ = self.start_date

    @cached_property
    def times(self) -> TimeRange:
        """The times of events that are read."""
        return TimeRange.until(self.started_at, self.start_date)

    @property
    def window_days(self) -> int:
        """How many days before the last one are read again."""
        return int(self._config["heartbeats_window_days"])

    @cached_property
    def accounts(self) -> list[Account]:
        """The accounts, each server of an employee once. Raises `ConfigurationError`."""
        url = validate_url(self._config["wakatime_url"])
        accounts = parse_accounts(self._config.get("wakatime_accounts"), url)
        by_server = {(account.email, account.url): account for account in accounts}
        if len(by_server) < len(accounts):
            raise ConfigurationError("wakatime_accounts: expected each employee once per server")
        return accounts

    @cached_property
    def files(self) -> list[EventFile]:
        """The event files as they are now; what cannot be read is added to `failures`."""
        owners: dict[Path, str] = {}
        for entry in self._event_file_entries:
            self.raise_if_interrupted()
            try:
                self._add_owners(owners, entry)
            except SourceError as error:
                self.failures.append(str(error))
        return [EventFile(path, email) for path, email in owners.items()]

    def _add_owners(self, owners: dict[Path, str], entry: EventFiles) -> None:
        """Add the files of an entry with their employees. Raises `SourceError` for the others."""
        ownerless = []
        for path in find_paths(entry):
            email = entry.email or find_owner(path)
            if email is None:
                ownerless.append(path)
            elif owners.setdefault(path, email) != email:
                raise SourceError(
                    f"event_files: '{path}' is that of {owners[path]} and of {email}; expected "
                    "each file once"
                )
        if ownerless:
            raise SourceError(
                f"event_files: {len(ownerless)} of the files, as '{ownerless[0]}', are in no "
                "folder that is named by an e-mail address; put them into one, or set email next "
                "to their path"
            )

    @cached_property
    def _event_file_entries(self) -> list[EventFiles]:
        return parse_event_files(self._config.get("event_files"))


class HasSyncContext(Protocol):
    """A tap whose stream uses a `SyncContext`."""

    sync_context: SyncContext
