"""The state that the streams of one run share. It knows neither the streams nor the tap."""

from __future__ import annotations

import logging
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from tap_git.errors import RepositoryError
from tap_git.fetch import fetch_repository
from tap_git.repository import locate_repository, read_repository
from tap_git.settings import parse_repositories, parse_start_date

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from tap_git.repository import Location, Repository

logger = logging.getLogger("tap-git")


class Interruption:
    """Whether a signal has requested the end of the run."""

    def __init__(self) -> None:
        self._signum: int | None = None

    def request(self, signum: int) -> None:
        """Note the signal; called by the signal handler."""
        self._signum = signum

    def raise_if_interrupted(self) -> None:
        """Raise `SystemExit` if a signal was received; called between records."""
        if self._signum is not None:
            raise SystemExit(128 + self._signum)


class SyncContext:
    """The settings and the repositories of one run, and what could not be read."""

    def __init__(self, config: Mapping[str, Any], interruption: Interruption) -> None:
        self.failures: list[str] = []
        self._config = config
        self._interruption = interruption
        self._invalid_time_logged = False

    @cached_property
    def start_date(self) -> datetime | None:
        """The date before which commits are skipped. Raises `ConfigurationError`."""
        return parse_start_date(self._config.get("start_date"))

    @cached_property
    def repositories(self) -> list[Repository]:
        """The configured repositories as they are now.

        Those that cannot be read or distinguished are added to `failures`. Raises
        `ConfigurationError`.
        """
        repositories: list[Repository] = []
        for location in self._locate_repositories():
            self.raise_if_interrupted()
            if self._config.get("fetch"):
                self._fetch(location)
            try:
                repositories.append(read_repository(location))
            except RepositoryError as error:
                self.failures.append(str(error))
        return repositories

    def _fetch(self, location: Location) -> None:
        """Fetch a repository; if that fails it is named, and read as it is."""
        try:
            fetch_repository(location, raise_if_interrupted=self.raise_if_interrupted)
        except RepositoryError as error:
            self.failures.append(str(error))

    def _locate_repositories(self) -> Iterator[Location]:
        """Yield the locations of repositories that have an id of their own."""
        locations_by_id: dict[str, list[Location]] = {}
        for configured in parse_repositories(self._config.get("repositories")):
            try:
                location = locate_repository(configured)
            except RepositoryError as error:
                self.failures.append(str(error))
                continue
            locations_by_id.setdefault(location.address.id, []).append(location)
        for repository_id, locations in locations_by_id.items():
            if len(locations) == 1:
                yield locations[0]
                continue
            paths = ", ".join(f"'{location.path}'" for location in locations)
            self.failures.append(
                f"repositories: {paths} have the same id {repository_id}, so none of them is "
                "read; expected each repository once, or name=path to distinguish them"
            )

    def warn_invalid_time(self, repository_id: str, sha: str) -> None:
        """Log, once per run, that a commit has a timestamp outside the calendar."""
        if not self._invalid_time_logged:
            self._invalid_time_logged = True
            logger.warning(
                "%s: commit %s has an invalid timestamp, stored as null (further ones are not "
                "logged)",
                repository_id,
                sha,
            )

    def raise_if_interrupted(self) -> None:
        """Raise `SystemExit` if a signal was received: between records, so lines are complete."""
        self._interruption.raise_if_interrupted()


class HasSyncContext(Protocol):
    """A tap whose streams share a `SyncContext`."""

    sync_context: SyncContext
