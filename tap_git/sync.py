"""The state that the streams of one run share. It knows neither the streams nor the tap."""

from __future__ import annotations

import logging
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from tap_base.sources_context import SourcesContext
from tap_git.errors import ConfigurationError, RepositoryError
from tap_git.fetch import fetch_repository
from tap_git.repository import locate_repository, read_repository
from tap_git.settings import parse_repositories, validate_flattening

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_git.repository import Location, Repository

logger = logging.getLogger("tap-git")


class SyncContext(SourcesContext):
    """The settings and the repositories of one run, and what could not be read."""

    error_type = ConfigurationError
    _invalid_time_logged = False

    def validate(self) -> None:
        """Open the repositories. Raises `ConfigurationError` if a setting is invalid."""
        validate_flattening(self._config.get("flattening_enabled"))
        _ = self.start_date
        _ = self.repositories

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


class HasSyncContext(Protocol):
    """A tap whose streams share a `SyncContext`."""

    sync_context: SyncContext
