"""The errors of the target, and the values that describe rejected rows and records. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class TargetError(Exception):
    """Base of the errors of this package."""


class StoreError(TargetError):
    """The store cannot be used; one line that says what happened, where, and what to do."""


class ReportingError(TargetError):
    """A rule of reports is not valid; one line."""


class EmployeesError(TargetError):
    """A list of employees is not valid; one line."""


class InvalidValueError(TargetError):
    """A value does not fit its column. The text names the expected type, never the value."""


class InvalidFieldError(TargetError):
    """A field of a record cannot be stored. The text never contains the value."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class MissingKeyError(InvalidFieldError):
    """A record has no value for a property of its key."""

    def __init__(self, field: str) -> None:
        super().__init__(field, "the key is missing")


class RejectedRecordsError(TargetError):
    """Records were rejected; they are in `rejected_records`, all others are in their tables."""


class TerminatedError(KeyboardInterrupt):
    """SIGTERM or SIGINT was received; `abort` rolls the running transaction back."""

    def __init__(self, signum: int, abort: Callable[[], None]) -> None:
        super().__init__(signum)
        self.signum = signum
        self.abort = abort


@dataclass(frozen=True)
class RowError:
    """Why PostgreSQL rejected a row of a batch; `index` is its position in the batch."""

    index: int
    field: str | None
    reason: str


@dataclass(frozen=True)
class RejectedRecord:
    """A row of `rejected_records`; `record` is JSON of the fields that its table has."""

    stream: str
    record_hash: str
    key: str | None
    field: str | None
    reason: str
    record: str
    lacks_key: bool = False
    """Whether it was rejected for a missing key; not stored."""
