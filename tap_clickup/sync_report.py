"""Collect what a run read and what it could not read, for its `sync_runs` record and the log."""

from __future__ import annotations

import logging
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tap_clickup.errors import (
    AccessDeniedError,
    ClickUpError,
    InvalidTokenError,
    unexpected_shape_error,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

MAX_LOGGED_SPACES = 5

logger = logging.getLogger("tap-clickup")


@dataclass(frozen=True)
class ReadFailure:
    """Something that could not be read. If it is not `retryable`, ClickUp denies access to it."""

    subject: str
    reason: str
    retryable: bool


@dataclass
class SyncReport:
    """The report on one run over one workspace: record counts, failures and notes."""

    workspace_id: str
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    records: Counter[str] = field(default_factory=Counter)
    failures: list[ReadFailure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @contextmanager
    def capture_errors(
        self, subject: str, *, on_failure: Callable[[ReadFailure], None] | None = None
    ) -> Iterator[None]:
        """Record an error that ends the block: from ClickUp, or an object of an unexpected shape.

        `on_failure` is called with the failure, for callers that also collect those of one read.
        """
        try:
            yield
        except ClickUpError as error:
            failure = self.record_failure(subject, error)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            failure = self.record_failure(subject, unexpected_shape_error(error))
        else:
            return
        if on_failure:
            on_failure(failure)

    def record_failure(self, subject: str, error: ClickUpError) -> ReadFailure:
        """Record, log and return a failure; the run continues unless the token is invalid.

        Raises `InvalidTokenError` if that is the error.
        """
        if isinstance(error, InvalidTokenError):
            raise error
        retryable = not isinstance(error, AccessDeniedError)
        failure = ReadFailure(subject, str(error), retryable=retryable)
        self.failures.append(failure)
        level = logging.ERROR if retryable else logging.WARNING
        logger.log(level, "workspace %s: %s not read: %s", self.workspace_id, subject, error)
        return failure

    def note(self, note: str, *, level: int = logging.WARNING) -> None:
        """Record and log, once, a limitation of the result that is not a failure."""
        if note not in self.notes:
            self.notes.append(note)
            logger.log(level, "workspace %s: %s", self.workspace_id, note)

    def note_disabled_clickapp(self, clickapp: str, space_ids: Sequence[str]) -> None:
        """Note the spaces in which a ClickApp is off, if there are any."""
        if space_ids:
            self.note(
                f"the {clickapp} ClickApp is off in {_spaces(space_ids)}; an owner or admin "
                f"can switch it on in ClickUp under Workspace settings > ClickApps > {clickapp}",
                level=logging.INFO,
            )

    @property
    def retryable_failures(self) -> list[ReadFailure]:
        """The failures that another run may resolve."""
        return [failure for failure in self.failures if failure.retryable]


def _spaces(space_ids: Sequence[str]) -> str:
    noun = "space" if len(space_ids) == 1 else "spaces"
    listed = ", ".join(space_ids[:MAX_LOGGED_SPACES])
    omitted = len(space_ids) - MAX_LOGGED_SPACES
    return f"{noun} {listed} and {omitted} more" if omitted > 0 else f"{noun} {listed}"
