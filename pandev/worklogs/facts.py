"""What a plan is made of: days, active time, people, entries, and what was sent. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date, datetime

Action = Literal["create", "update", "delete", "keep", "skip"]
"""What is done with the entry of a user, task and day; `keep` if it is as planned already."""
State = Literal["planned", "sent", "confirmed", "failed", "unknown"]


@dataclass(frozen=True)
class Period:
    """Closed days in the time zone of reports, and the times at which they begin and end."""

    first_day: date
    last_day: date
    closed_day: date
    """The last day that is closed."""
    time_zone: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class ActiveTime:
    """Active time of a person on a task and a day; without a task if it was attributed to none."""

    person: str
    is_ambiguous: bool
    workspace_id: str | None
    task_id: str | None
    task_name: str | None
    space_id: str | None
    work_date: date
    starts_at: datetime
    """When the working day begins, which is where an entry begins."""
    active_ms: int


@dataclass(frozen=True)
class Member:
    """A user of a workspace, and the person that the user is."""

    workspace_id: str
    user_id: str
    person: str


@dataclass(frozen=True)
class TimeEntry:
    """A finished time entry of a task; `marker` is None if a person has tracked it."""

    workspace_id: str
    id: str
    user_id: str
    task_id: str
    space_id: str | None
    work_date: date
    duration_ms: int
    marker: str | None


@dataclass(frozen=True)
class JournalEntry:
    """What was planned and sent last for a marker."""

    workspace_id: str
    marker: str
    action: Action
    state: State
    written_ms: int | None
    sent_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether a request was sent whose outcome is not known."""
        return self.state in {"sent", "unknown"}


@dataclass(frozen=True)
class Facts:
    """Everything that a plan depends on, except for the rules. `now` is the time of the plan."""

    period: Period
    active: Sequence[ActiveTime]
    members: Sequence[Member]
    entries: Sequence[TimeEntry]
    journal: Mapping[tuple[str, str], JournalEntry]
    now: datetime

    def of_workspace(
        self, workspace_id: str, entries: Sequence[TimeEntry], member_ids: Collection[str]
    ) -> Facts:
        """Return the facts of a workspace, with its time entries and users as ClickUp has them.

        Active time in others remains, as time that no task of this one has.
        """
        return replace(
            self,
            active=[
                time
                if time.workspace_id == workspace_id
                else replace(time, workspace_id=None, task_id=None)
                for time in self.active
            ],
            members=[
                member
                for member in self.members
                if member.workspace_id == workspace_id and member.user_id in member_ids
            ],
            entries=entries,
        )
