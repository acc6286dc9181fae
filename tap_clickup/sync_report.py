"""What a run read and what it was refused, for the last record of the run and for the log."""

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
    UnexpectedResponseError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

logger = logging.getLogger("tap-clickup")


@dataclass(frozen=True)
class ReadFailure:
    """Something that was not read. Unless `retryable`, ClickUp denies access to it."""

    subject: str
    reason: str
    retryable: bool


@dataclass
class SyncReport:
    """One run over one workspace."""

    workspace_id: str
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    records: Counter[str] = field(default_factory=Counter)
    failures: list[ReadFailure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @contextmanager
    def capture_errors(
        self, subject: str, failures: list[ReadFailure] | None = None
    ) -> Iterator[None]:
        """Record an error that ends the block: from ClickUp, or an object of an unknown shape.

        The failure is also added to `failures`, which decide whether that one read is complete.
        """
        try:
            yield
        except ClickUpError as error:
            self.record_failure(subject, error, failures)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            unknown = (
                f"ClickUp sent an object of a shape that is not known ({type(error).__name__})"
            )
            self.record_failure(subject, UnexpectedResponseError(unknown), failures)

    def record_failure(
        self, subject: str, error: ClickUpError, failures: list[ReadFailure] | None = None
    ) -> None:
        """Record and log what could not be read; the run goes on, unless the token is invalid."""
        if isinstance(error, InvalidTokenError):
            raise error
        retryable = not isinstance(error, AccessDeniedError)
        failure = ReadFailure(subject, str(error), retryable=retryable)
        self.failures.append(failure)
        if failures is not None:
            failures.append(failure)
        level = logging.ERROR if retryable else logging.WARNING
        logger.log(level, "workspace %s: %s not read: %s", self.workspace_id, subject, error)

    def note(self, note: str, *, level: int = logging.WARNING) -> None:
        """Note and log, once, what limits the result and is nobody's failure."""
        if note not in self.notes:
            self.notes.append(note)
            logger.log(level, "workspace %s: %s", self.workspace_id, note)

    def note_disabled_clickapp(self, clickapp: str, space_ids: Sequence[str]) -> None:
        """Note that a ClickApp is off in spaces, if it is."""
        if space_ids:
            self.note(
                f"the {clickapp} ClickApp is off in {_spaces(space_ids)}; an owner or admin "
                f"switches it on in ClickUp under Workspace settings > ClickApps > {clickapp}",
                level=logging.INFO,
            )

    @property
    def retryable_failures(self) -> list[ReadFailure]:
        """What was not read and another run may heal."""
        return [gap for gap in self.failures if gap.retryable]


def _spaces(space_ids: Sequence[str]) -> str:
    shown, rest = ", ".join(space_ids[:5]), len(space_ids) - 5
    word = "space" if len(space_ids) == 1 else "spaces"
    return f"{word} {shown}" + (f" and {rest} more" if rest > 0 else "")
