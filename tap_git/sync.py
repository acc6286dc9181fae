"""The state that the streams of one run share. It knows neither the streams nor the tap."""

from __future__ import annotations

import logging
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from tap_git.errors import ConfigurationError, RepositoryError
from tap_git.repository import Repository, read_repository
from tap_git.settings import parse_repositories, parse_start_date

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

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

        A repository that cannot be opened is added to `failures`. Raises `ConfigurationError` if
        two paths are of the same repository.
        """
        repositories: list[Repository] = []
        path_by_id: dict[str, str] = {}
        for path in parse_repositories(self._config.get("repositories")):
            self.raise_if_interrupted()
            try:
                repository = read_repository(path)
            except RepositoryError as error:
                self.failures.append(str(error))
                continue
            repository_id = repository.address.id
            if repository_id in path_by_id:
                raise ConfigurationError(
                    f"repositories: '{path_by_id[repository_id]}' and '{path}' are both "
                    f"{repository_id}; expected each repository once"
                )
            path_by_id[repository_id] = path
            repositories.append(repository)
        return repositories

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
