"""What the streams of one run share: its settings, and what could not be read."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping


class Interruption:
    """Whether a signal has requested the end of the run."""

    def __init__(self) -> None:
        self._signum: int | None = None

    def request(self, signum: int) -> None:
        """Note the signal; called by the signal handler."""
        self._signum = signum

    def raise_if_interrupted(self) -> None:
        """Raise `SystemExit` if a signal was received: between records, so lines are complete."""
        if self._signum is not None:
            raise SystemExit(128 + self._signum)


class SourcesContext(ABC):
    """The settings of one run, and in `failures` what could not be read."""

    error_type: ClassVar[type[Exception]]
    """The tap's own error for an invalid setting."""

    def __init__(self, config: Mapping[str, Any], interruption: Interruption) -> None:
        self.failures: list[str] = []
        self.raise_if_interrupted = interruption.raise_if_interrupted
        self._config = config

    @abstractmethod
    def validate(self) -> None:
        """Raise an `error_type` if the settings are invalid."""

    @cached_property
    def start_date(self) -> datetime | None:
        """The date before which nothing is read. Raises an `error_type`."""
        return parse_start_date(self._config.get("start_date"), self.error_type)


def parse_start_date(setting: str | None, error_type: type[Exception]) -> datetime | None:
    """Return `start_date`, in UTC if it has no offset; None if it is not set.

    Raises an `error_type` if it is not a date or timestamp.
    """
    if not setting:
        return None
    try:
        start_date = datetime.fromisoformat(setting)
    except ValueError as error:
        raise error_type(
            f"start_date: expected a date such as 2024-01-01T00:00:00Z, not '{setting}'"
        ) from error
    return start_date if start_date.tzinfo else start_date.replace(tzinfo=UTC)
