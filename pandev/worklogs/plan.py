"""Decide what to do with the entry of each user, task and day. Pure.

An entry is known by its marker, a hash of organisation, workspace, user, task and day, so every
store makes the same decision. A person's change of one of our entries stays: an
entry that was changed, moved or deleted is neither changed back nor made again. Our entry is
deleted only if the person's activity on that day is known and this task is not part of it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from tap_clickup.worklog_marker import build_marker

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date, datetime

    from pandev.worklogs.facts import Action, ActiveTime, Facts, JournalEntry, TimeEntry
    from pandev.worklogs.rules import WorklogRules
    from tap_clickup.selection import Selection

TOLERANCE_MS = 1_000
"""ClickUp may round a duration to seconds: a smaller difference is none."""
UNKNOWN_FOR = timedelta(minutes=10)
"""How long a request without an answer may still be carried out; it is not repeated before."""

NO_USER = "no ClickUp user has this address"
SEVERAL_EMPLOYEES = "several employees have this address"
SEVERAL_USERS = "several ClickUp users have the addresses of this person"
TOO_SHORT = "less than the minimum"
TRACKED = "tracked by the person"
CHANGED = "changed in ClickUp by a person"
DELETED = "deleted in ClickUp by a person"
MOVED = "moved to another task in ClickUp"
BOOKED_ON_ANOTHER = "booked on another user"
DOUBLED = "several time entries have its marker"
OPEN = "sent without an answer; it is looked up again by a later run"
NO_ACTIVITY = "written before, but the store has no activity of that day"


@dataclass(frozen=True)
class PlannedEntry:
    """What is done with the entry of a person, task and day, and why if it is left out.

    `user_id` and `marker` are None if it is not known which ClickUp user the person is.
    """

    workspace_id: str
    person: str
    user_id: str | None
    task_id: str
    task_name: str | None
    work_date: date
    starts_at: datetime | None
    action: Action
    active_ms: int
    planned_ms: int
    current_ms: int | None = None
    time_entry_id: str | None = None
    marker: str | None = None
    reason: str | None = None


def build_plan(facts: Facts, rules: WorklogRules, selection: Selection) -> list[PlannedEntry]:
    """Return what to do in the selected spaces, by day and person."""
    planned = list(_Planner(facts, rules, selection).plan())
    return sorted(
        planned,
        key=lambda entry: (entry.work_date, entry.person, entry.workspace_id, entry.task_id),
    )


class _Planner:
    """The facts by what they are looked up by."""

    def __init__(self, facts: Facts, rules: WorklogRules, selection: Selection) -> None:
        self._facts = facts
        self._rules = rules
        self._selection = selection
        self._users: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._persons: dict[tuple[str, str], str] = {}
        for member in facts.members:
            self._users[member.workspace_id, member.person].append(member.user_id)
            self._persons[member.workspace_id, member.user_id] = member.person
        self._tracked_ms: Counter[tuple[str, str, str, date]] = Counter()
        self._written: dict[tuple[str, str], list[TimeEntry]] = defaultdict(list)
        for entry in facts.entries:
            if entry.marker is None:
                key = (entry.workspace_id, entry.user_id, entry.task_id, entry.work_date)
                self._tracked_ms[key] += entry.duration_ms
            else:
                self._written[entry.workspace_id, entry.marker].append(entry)

    def plan(self) -> Iterator[PlannedEntry]:
        """Yield what to do with active time, then with entries that no active time belongs to."""
        for time in self._facts.active:
            if time.workspace_id is None or time.task_id is None:
                continue
            if self._is_selected(time.workspace_id, time.space_id):
                yield self._plan_time(time, time.workspace_id, time.task_id)
        active_days = {(time.person, time.work_date) for time in self._facts.active}
        for entries in list(self._written.values()):
            if planned := self._plan_rest(entries, active_days):
                yield planned

    def _is_selected(self, workspace_id: str, space_id: str | None) -> bool:
        return self._selection.includes_workspace(workspace_id) and self._selection.includes_space(
            space_id
        )

    def _plan_time(self, time: ActiveTime, workspace_id: str, task_id: str) -> PlannedEntry:
        user_ids = [] if time.is_ambiguous else self._users[workspace_id, time.person]
        if len(user_ids) != 1:
            unmatched = SEVERAL_USERS if user_ids else NO_USER
            return PlannedEntry(
                workspace_id,
                time.person,
                None,
                task_id,
                time.task_name,
                time.work_date,
                None,
                "skip",
                time.active_ms,
                0,
                reason=SEVERAL_EMPLOYEES if time.is_ambiguous else unmatched,
            )
        (user_id,) = user_ids
        marker = self._build_marker(workspace_id, user_id, task_id, time.work_date)
        tracked_ms = self._tracked_ms[workspace_id, user_id, task_id, time.work_date]
        planned_ms = self._rules.planned_ms(time.active_ms, tracked_ms=tracked_ms)
        existing = self._written.pop((workspace_id, marker), [])
        journal = self._facts.journal.get((workspace_id, marker))
        action, reason = self._decide(existing, planned_ms, journal, (user_id, task_id))
        if action == "skip" and not reason:
            reason = TRACKED if tracked_ms else TOO_SHORT
        return PlannedEntry(
            workspace_id,
            time.person,
            user_id,
            task_id,
            time.task_name,
            time.work_date,
            time.starts_at,
            action,
            time.active_ms,
            planned_ms,
            current_ms=existing[0].duration_ms if existing else None,
            time_entry_id=existing[0].id if existing else None,
            marker=marker,
            reason=reason,
        )

    def _decide(
        self,
        existing: Sequence[TimeEntry],
        planned_ms: int,
        journal: JournalEntry | None,
        user_and_task: tuple[str, str],
    ) -> tuple[Action, str | None]:
        """Return the action, and why it is that one if that is not plain."""
        if not existing:
            return self._decide_missing(planned_ms, journal)
        if exception := _find_exception(existing, journal, user_and_task):
            return exception
        if planned_ms == 0:
            return "delete", None
        is_as_planned = not _differ(planned_ms, existing[0].duration_ms)
        return ("keep" if is_as_planned else "update"), None

    def _decide_missing(
        self, planned_ms: int, journal: JournalEntry | None
    ) -> tuple[Action, str | None]:
        if planned_ms == 0:
            return "skip", None
        if journal and journal.is_open and journal.action == "create" and journal.sent_at:
            if self._facts.now - journal.sent_at < UNKNOWN_FOR:
                return "skip", OPEN
        elif journal and (
            journal.action == "update"
            or (journal.action == "create" and journal.state == "confirmed")
        ):
            return "skip", DELETED
        return "create", None

    def _plan_rest(
        self, entries: Sequence[TimeEntry], active_days: set[tuple[str, date]]
    ) -> PlannedEntry | None:
        """Return what to do with an entry of ours that no active time belongs to.

        None if it is that of another organisation, of a user who has left or of another space, if
        it was moved, or if its day is not planned.
        """
        entry = entries[0]
        workspace_id, period = entry.workspace_id, self._facts.period
        person = self._persons.get((workspace_id, entry.user_id))
        marker = self._build_marker(workspace_id, entry.user_id, entry.task_id, entry.work_date)
        is_ours = marker == entry.marker and self._is_selected(workspace_id, entry.space_id)
        if person is None or not is_ours:
            return None
        if not period.first_day <= entry.work_date <= period.last_day:
            return None
        journal = self._facts.journal.get((workspace_id, marker))
        action, reason = self._decide(entries, 0, journal, (entry.user_id, entry.task_id))
        if action == "delete" and (person, entry.work_date) not in active_days:
            action, reason = "skip", NO_ACTIVITY
        return PlannedEntry(
            workspace_id,
            person,
            entry.user_id,
            entry.task_id,
            None,
            entry.work_date,
            None,
            action,
            0,
            0,
            current_ms=entry.duration_ms,
            time_entry_id=entry.id,
            marker=marker,
            reason=reason,
        )

    def _build_marker(self, workspace_id: str, user_id: str, task_id: str, day: date) -> str:
        return build_marker(
            self._rules.organisation, workspace_id, user_id, task_id, day.isoformat()
        )


def _find_exception(
    existing: Sequence[TimeEntry], journal: JournalEntry | None, user_and_task: tuple[str, str]
) -> tuple[Action, str] | None:
    """Return what to do if the entry is not as it was written, and why; None if it is."""
    entry, *others = existing
    user_id, task_id = user_and_task
    if others:
        return "skip", DOUBLED
    if entry.user_id != user_id:
        return "delete", BOOKED_ON_ANOTHER
    if entry.task_id != task_id:
        return "skip", MOVED
    written_ms = journal.written_ms if journal and not journal.is_open else None
    if written_ms is not None and _differ(written_ms, entry.duration_ms):
        return "skip", CHANGED
    return None


def _differ(duration_ms: int, other_ms: int) -> bool:
    return abs(duration_ms - other_ms) >= TOLERANCE_MS
