"""Collect what a run read and what it could not read, for its `sync_runs` record and the log.

Every object is read under a guard of its own: `guard` for one, `convert_all` for those of a
response. An odd object is left out and named, and everything behind it is read.
"""

from __future__ import annotations

import logging
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from tap_clickup.errors import (
    UNEXPECTED_SHAPE_ERRORS,
    AccessDeniedError,
    ClickUpError,
    FatalError,
    UnexpectedResponseError,
    unexpected_shape_error,
)
from tap_clickup.fields import Fields
from tap_clickup.odd_objects import OddObjects
from tap_clickup.wording import format_ids

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

T = TypeVar("T")
MIN_CHANGED_FORMAT = 10
"""If so many objects of a response are all odd, ClickUp's format has changed."""

logger = logging.getLogger("tap-clickup")


@dataclass(frozen=True)
class ReadFailure:
    """Something that could not be read.

    If it is not `retryable`, ClickUp denies access to it, or it is odd: another run would find the
    same.
    """

    subject: str
    reason: str
    retryable: bool


@dataclass(frozen=True)
class Converted(Generic[T]):
    """The objects of a response that could be read, and the ids of those that could not.

    `unidentified_count` is the number of objects without a readable id.
    """

    values: list[T]
    left_out_ids: list[str]
    unidentified_count: int


@dataclass
class SyncReport:
    """The report on one run over one workspace: record counts, failures and notes.

    If `logs_failures` is false, the caller shows them.
    """

    workspace_id: str
    logs_failures: bool = True
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    records: Counter[str] = field(default_factory=Counter)
    failures: list[ReadFailure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    odd_objects: OddObjects = field(default_factory=OddObjects)

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
        except UNEXPECTED_SHAPE_ERRORS as error:
            failure = self.record_failure(subject, unexpected_shape_error(error))
        else:
            return
        if on_failure:
            on_failure(failure)

    def record_failure(self, subject: str, error: ClickUpError) -> ReadFailure:
        """Record, log and return a failure; the run continues unless the token is invalid.

        Raises the error if it is a `FatalError`.
        """
        if isinstance(error, FatalError):
            raise error
        retryable = not isinstance(error, AccessDeniedError)
        failure = ReadFailure(subject, str(error), retryable=retryable)
        self.failures.append(failure)
        if self.logs_failures:
            level = logging.ERROR if retryable else logging.WARNING
            logger.log(level, "workspace %s: %s not read: %s", self.workspace_id, subject, error)
        return failure

    @contextmanager
    def name_odd_fields(self, stream: str, item: Any, *, name: str) -> Iterator[Fields]:
        """Yield the fields of an object for the block to read, and name those that are odd.

        `name` is used for an object without a readable id.
        """
        fields = Fields.of(item)
        try:
            yield fields
        finally:
            self._name_odd_fields(stream, fields, name=name)

    def _name_odd_fields(self, stream: str, fields: Fields, *, name: str) -> None:
        for field_name in fields.odd_fields:
            self.odd_objects.add_field(stream, fields.id or name, field_name)

    @contextmanager
    def guard(
        self,
        stream: str,
        item: Any,
        *,
        place: str,
        on_failure: Callable[[ReadFailure], None] | None = None,
    ) -> Iterator[Fields]:
        """Yield the fields of an object; if the block cannot read them, leave it out and name it.

        `place` is where the object was found, and `on_failure` is called if it was left out.
        """
        fields = Fields.of(item)
        name = _name_without_id(place)
        try:
            with self.name_odd_fields(stream, fields, name=name):
                yield fields
        except UNEXPECTED_SHAPE_ERRORS as error:
            self.leave_out(stream, fields.id or name, error, on_failure=on_failure)

    def leave_out(
        self,
        stream: str,
        name: str,
        error: Exception,
        *,
        on_failure: Callable[[ReadFailure], None] | None = None,
    ) -> None:
        """Record an object that is left out because of an error in its conversion."""
        self.odd_objects.add_object(stream, name, error)
        if on_failure:
            on_failure(ReadFailure(f"{stream} {name}", str(error), retryable=False))

    def convert_all(
        self, stream: str, items: Iterable[Any], convert: Callable[[Fields], T], *, place: str
    ) -> Converted[T]:
        """Return the objects of a response as `convert` does, each under a guard.

        Raises `UnexpectedResponseError` if so many are all odd that ClickUp's format has changed.
        """
        name = _name_without_id(place)
        values: list[T] = []
        odd_ids: list[str | None] = []
        for item in items:
            fields = Fields.of(item)
            try:
                values.append(convert(fields))
            except UNEXPECTED_SHAPE_ERRORS as error:
                self.leave_out(stream, fields.id or name, error)
                odd_ids.append(fields.id)
            if fields.odd_fields:
                self._name_odd_fields(stream, fields, name=name)
        if not values and len(odd_ids) >= MIN_CHANGED_FORMAT:
            raise UnexpectedResponseError(f"{place}: none of {len(odd_ids)} objects can be read")
        identified = [object_id for object_id in odd_ids if object_id is not None]
        return Converted(values, identified, len(odd_ids) - len(identified))

    def note(self, note: str, *, level: int = logging.WARNING) -> None:
        """Record and log, once, a limitation of the result that is not a failure."""
        if note not in self.notes:
            self.notes.append(note)
            logger.log(level, "workspace %s: %s", self.workspace_id, note)

    def note_disabled_clickapp(self, clickapp: str, space_ids: Sequence[str]) -> None:
        """Note the spaces in which a ClickApp is off, if there are any."""
        if space_ids:
            self.note(
                f"the {clickapp} ClickApp is off in {format_ids('space', space_ids)}; an owner or "
                "admin can switch it on in ClickUp under Workspace settings > ClickApps > "
                f"{clickapp}",
                level=logging.INFO,
            )

    def note_unlisted_lists(self, list_ids: Sequence[str]) -> None:
        """Note lists of tasks that no walk over the spaces shows, if there are any."""
        if list_ids:
            self.note(
                f"tasks are in {format_ids('list', list_ids)}, which ClickUp shows in no space; "
                "such lists are hidden or shared one by one: for their names and statuses make the "
                "token's user a member of their spaces"
            )

    @property
    def refused(self) -> list[tuple[str, str, bool]]:
        """Everything that was not read, the reason, and whether another run may read it.

        Failures come first, then odd objects.
        """
        failures = [
            (failure.subject, failure.reason, failure.retryable) for failure in self.failures
        ]
        return failures + [(what, why, False) for what, why in self.odd_objects.left_out]

    def log_odd_objects(self) -> None:
        """Log what was left out of the records of this run."""
        left_out = [f"{subject} {reason}" for subject, reason in self.odd_objects.left_out]
        for line in (*left_out, *self.odd_objects.notes):
            logger.warning("workspace %s: %s", self.workspace_id, line)

    @property
    def retryable_failures(self) -> list[ReadFailure]:
        """The failures that another run may resolve."""
        return [failure for failure in self.failures if failure.retryable]


def _name_without_id(place: str) -> str:
    return f"without id in {place}"
