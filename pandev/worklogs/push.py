"""Carry a plan out: one request at a time, each stored in the journal before and after.

The plan is made from the time entries that ClickUp has at that time, so that whatever an earlier
run has sent, with or without an answer, is found by its marker and not sent again. Two runs never
write at the same time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from pandev.worklogs.errors import WorklogError, WrongEntryError
from pandev.worklogs.journal import Journal, only_writer
from pandev.worklogs.plan import BOOKED_ON_ANOTHER, build_plan
from pandev.worklogs.reading import read_facts, read_period, to_time_entries
from pandev.worklogs.time_entries import WorkspaceEntries
from tap_clickup.errors import (
    AccessDeniedError,
    BadRequestError,
    ClickUpError,
    FatalError,
    InvalidTokenError,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from pandev.worklogs.facts import Facts, Period, State
    from pandev.worklogs.plan import PlannedEntry
    from pandev.worklogs.reading import Store
    from pandev.worklogs.rules import WorklogRules
    from pandev.worklogs.time_entries import WrittenEntry
    from tap_clickup.sync import SyncContext
    from tap_clickup.workspace import Workspace

WRITES = ("create", "update", "delete")
MAX_UNKNOWN = 3
"""So many requests without an answer in a row end a run."""
REFUSALS = (AccessDeniedError, BadRequestError, InvalidTokenError)
"""ClickUp has answered, and has not done anything."""

Result = Literal["written", "failed", "unknown", "kept", "left out"]


@dataclass(frozen=True)
class Outcome:
    """What became of a planned entry, and the reason if it was not written."""

    entry: PlannedEntry
    result: Result
    reason: str | None = None


@dataclass
class PushReport:
    """What a run did. `problems` are workspaces that were not written, `stopped` why it ended."""

    period: Period
    outcomes: list[Outcome] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    stopped: str | None = None

    @property
    def has_failed(self) -> bool:
        """Whether anything that was planned was not written."""
        results = {outcome.result for outcome in self.outcomes}
        return bool(self.stopped or self.problems or results & {"failed", "unknown"})


def push_worklogs(
    store: Store,
    sync_context: SyncContext,
    rules: WorklogRules,
    *,
    last_day: date | None = None,
    on_progress: Callable[[int, int], None] = lambda done, total: None,  # noqa: ARG005 - the names say what is passed
) -> PushReport:
    """Write what is planned for the selected workspaces and spaces, and return what became of it.

    Raises `WorklogError` if another run is writing, and the errors of the store and of reading the
    workspaces.
    """
    with only_writer(store):
        sync_context.validate()
        report = PushReport(read_period(store, rules, last_day))
        facts = read_facts(store, report.period)
        try:
            for workspace in sync_context.workspaces:
                run = _WorkspaceRun(store, sync_context, workspace, report, on_progress)
                try:
                    run.write(facts, rules)
                except (FatalError, WrongEntryError, _StoppedError):
                    raise
                except ClickUpError as error:
                    report.problems.append(str(error))
        except (FatalError, WrongEntryError, _StoppedError) as error:
            report.stopped = str(error)
        return report


class _StoppedError(WorklogError):
    """ClickUp does not answer, so the run ends."""


class _WorkspaceRun:
    """The write-back of one workspace."""

    def __init__(
        self,
        store: Store,
        sync_context: SyncContext,
        workspace: Workspace,
        report: PushReport,
        on_progress: Callable[[int, int], None],
    ) -> None:
        self._store = store
        self._selection = sync_context.selection
        self._workspace = workspace
        self._report = report
        self._on_progress = on_progress
        self._journal = Journal(store)
        self._entries = WorkspaceEntries(sync_context.client, workspace)
        self._unknown_in_a_row = 0

    def write(self, facts: Facts, rules: WorklogRules) -> None:
        """Plan by what ClickUp has now, store the plan, and carry it out."""
        plan = build_plan(self._live_facts(facts), rules, self._selection)
        kept = [entry for entry in plan if entry.action == "keep"]
        # What failed before comes last, so that it keeps nothing else from being written.
        to_write = sorted(
            (entry for entry in plan if entry.action in WRITES),
            key=lambda entry: _state(facts, entry) == "failed",
        )
        self._journal.adopt([entry for entry in kept if _state(facts, entry) != "confirmed"])
        self._journal.store_plan(to_write)
        self._report.outcomes += [Outcome(entry, "kept") for entry in kept]
        self._report.outcomes += [
            Outcome(entry, "left out", entry.reason) for entry in plan if entry.action == "skip"
        ]
        for number, entry in enumerate(to_write, start=1):
            self._write_entry(entry)
            self._on_progress(number, len(to_write))

    def _live_facts(self, facts: Facts) -> Facts:
        """Return the facts with the members and time entries that ClickUp has now."""
        members = self._workspace.members
        user_ids = {
            member.user_id
            for member in facts.members
            if member.workspace_id == self._workspace.id and member.user_id in members
        }
        records = self._entries.read(user_ids, facts.period)
        entries = to_time_entries(self._store, records)
        return facts.of_workspace(self._workspace.id, entries, user_ids)

    def _write_entry(self, entry: PlannedEntry) -> None:
        """Send the request for an entry, and store what became of it."""
        self._journal.mark_sent(entry)
        try:
            written = self._send(entry)
        except REFUSALS as error:
            self._note(entry, "failed", str(error))
            if isinstance(error, FatalError):
                raise
        except WrongEntryError as error:
            self._note(entry, "failed", str(error))
            raise
        except ClickUpError as error:
            self._note(entry, "unknown", str(error))
            if isinstance(error, FatalError):
                raise
            self._unknown_in_a_row += 1
            if self._unknown_in_a_row >= MAX_UNKNOWN:
                raise _StoppedError(
                    f"ClickUp has not answered {MAX_UNKNOWN} requests in a row; the next run looks "
                    "up what became of them"
                ) from error
            return
        else:
            self._journal.mark_answered(
                entry,
                "confirmed",
                written_ms=written.duration_ms,
                time_entry_id=written.id,
            )
            self._report.outcomes.append(Outcome(entry, "written"))
        self._unknown_in_a_row = 0

    def _send(self, entry: PlannedEntry) -> WrittenEntry:
        if entry.action == "delete" or entry.starts_at is None:
            if entry.reason == BOOKED_ON_ANOTHER:
                self._entries.delete_wrong(
                    entry,
                    entry.time_entry_id,
                    "an earlier run has sent it, and ClickUp booked it on another user than "
                    f"{entry.user_id} ({entry.person}); make that user a member of the space",
                )
            return self._entries.delete(entry.time_entry_id)
        if entry.action == "create":
            return self._entries.create(entry, entry.starts_at)
        return self._entries.update(entry, entry.starts_at)

    def _note(self, entry: PlannedEntry, state: Literal["failed", "unknown"], reason: str) -> None:
        self._journal.mark_answered(entry, state, reason=reason)
        self._report.outcomes.append(Outcome(entry, state, reason))


def _state(facts: Facts, entry: PlannedEntry) -> State | None:
    """Return the state in which an earlier run left an entry."""
    journal = facts.journal.get((entry.workspace_id, entry.marker or ""))
    return journal.state if journal else None
