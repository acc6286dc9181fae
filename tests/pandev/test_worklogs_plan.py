"""What is planned for each user, task and day; every expected value can be checked by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from pandev.worklogs import plan
from pandev.worklogs.facts import ActiveTime, Facts, JournalEntry, Member, Period, TimeEntry
from pandev.worklogs.plan import PlannedEntry, build_plan
from pandev.worklogs.rules import MINUTE_MS, WorklogRules
from tap_clickup.selection import Selection
from tap_clickup.worklog_marker import build_marker

if TYPE_CHECKING:
    from pandev.worklogs.rules import TrackedTime

DAY = date(2026, 3, 2)
NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
PERIOD = Period(DAY, DAY, DAY, "UTC", NINE - timedelta(hours=9), NINE + timedelta(hours=15))
MARKER = build_marker("", "900", "1", "86a1", "2026-03-02")
ANYTHING = Selection()


def active(minutes: float, task_id: str | None = "86a1", **values: Any) -> ActiveTime:
    workspace_id = "900" if task_id else None
    person = values.pop("person", "user1@example.com")
    time = ActiveTime(
        person=person,
        is_ambiguous=False,
        workspace_id=workspace_id,
        task_id=task_id,
        task_name="Task",
        space_id="11",
        work_date=DAY,
        starts_at=NINE,
        active_ms=int(minutes * MINUTE_MS),
    )
    return replace(time, **values)


def entry(minutes: float, marker: str | None = None, **values: Any) -> TimeEntry:
    usual = TimeEntry("900", "5", "1", "86a1", "11", DAY, int(minutes * MINUTE_MS), marker)
    return replace(usual, **values)


def journal(state: Any, written: float | None, **values: Any) -> JournalEntry:
    written_ms = None if written is None else int(written * MINUTE_MS)
    return replace(JournalEntry("900", MARKER, "create", state, written_ms, None), **values)


def planned(
    *times: ActiveTime,
    entries: tuple[TimeEntry, ...] = (),
    sent: JournalEntry | None = None,
    rules: WorklogRules | None = None,
    selection: Selection = ANYTHING,
) -> list[PlannedEntry]:
    members = [Member("900", "1", "user1@example.com")]
    stored = {(sent.workspace_id, sent.marker): sent} if sent else {}
    facts = Facts(PERIOD, times, members, entries, stored, NOW)
    return build_plan(facts, rules or WorklogRules(), selection)


def decision(entries: list[PlannedEntry]) -> tuple[str, float, str | None]:
    """Return action, planned minutes and reason of the only planned entry."""
    (only,) = entries
    return only.action, only.planned_ms / MINUTE_MS, only.reason


def test_active_time_becomes_an_entry_of_its_user() -> None:
    (new,) = planned(active(20))
    assert (new.action, new.user_id, new.task_id, new.work_date) == ("create", "1", "86a1", DAY)
    assert (new.planned_ms, new.starts_at, new.marker) == (20 * MINUTE_MS, NINE, MARKER)


@pytest.mark.parametrize(
    ("minutes", "minimum", "rounding", "expected"),
    [
        (4.99, 5, 1, 0),
        (5, 5, 1, 5),
        (7.4, 5, 1, 7),
        (7.5, 5, 1, 8),
        (7.4, 5, 0, 7.4),
        (6, 5, 15, 15),
        (22, 5, 15, 15),
        (23, 5, 15, 30),
        (0.5, 0, 0, 0.5),
        (0, 0, 0, 0),
    ],
)
def test_minimum_and_rounding(minutes: float, minimum: int, rounding: int, expected: float) -> None:
    rules = WorklogRules(minimum_minutes=minimum, round_minutes=rounding)
    assert rules.planned_ms(int(minutes * MINUTE_MS), tracked_ms=0) == expected * MINUTE_MS


@pytest.mark.parametrize(
    ("tracked_time", "tracked", "expected"),
    [
        ("subtract", 8, ("create", 12, None)),
        ("subtract", 20, ("skip", 0, plan.TRACKED)),
        ("subtract", 17, ("skip", 0, plan.TRACKED)),
        ("skip", 1, ("skip", 0, plan.TRACKED)),
        ("ignore", 20, ("create", 20, None)),
    ],
)
def test_time_that_the_person_tracked(
    tracked_time: TrackedTime, tracked: int, expected: tuple[str, float, str | None]
) -> None:
    """Of that task and day only; three minutes that remain are less than the minimum."""
    others = (entry(60, task_id="86a2"), entry(60, user_id="2"))
    rules = WorklogRules(tracked_time=tracked_time)
    entries = (entry(tracked), *others)
    assert decision(planned(active(20), entries=entries, rules=rules)) == expected


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        (20, ("keep", 20, None)),
        (25, ("update", 25, None)),
        (15, ("update", 15, None)),
        (2, ("delete", 0, None)),
    ],
)
def test_an_entry_is_known_by_its_marker_and_changed_in_place(
    minutes: int, expected: tuple[str, float, str | None]
) -> None:
    """R11: it is never counted as time that the person tracked."""
    changed = planned(active(minutes), entries=(entry(20, MARKER),))
    assert decision(changed) == expected
    assert changed[0].time_entry_id == "5"


def test_a_difference_of_less_than_a_second_is_none() -> None:
    assert decision(planned(active(20), entries=(entry(19.99, MARKER),)))[0] == "keep"


@pytest.mark.parametrize(
    ("entries", "sent", "reason"),
    [
        ((entry(20, MARKER), entry(20, MARKER, id="6")), None, plan.DOUBLED),
        ((entry(20, MARKER, task_id="86a2"),), None, plan.MOVED),
        ((entry(21, MARKER),), journal("confirmed", 20), plan.CHANGED),
        ((entry(21, MARKER),), journal("planned", 20, action="update"), plan.CHANGED),
        ((entry(21, MARKER),), journal("failed", 20, action="update"), plan.CHANGED),
        ((), journal("confirmed", 20), plan.DELETED),
        ((), journal("confirmed", 20, action="update"), plan.DELETED),
        ((), journal("planned", 20, action="update"), plan.DELETED),
        ((), journal("failed", 20, action="update"), plan.DELETED),
        ((), journal("unknown", 20, action="update", sent_at=NOW), plan.DELETED),
        ((), journal("sent", None, sent_at=NOW - timedelta(minutes=9)), plan.OPEN),
        ((), journal("unknown", None, sent_at=NOW - timedelta(minutes=9)), plan.OPEN),
    ],
)
def test_what_is_left_as_it_is(
    entries: tuple[TimeEntry, ...], sent: JournalEntry | None, reason: str
) -> None:
    """What a person has done with our entry, and a request that may still be carried out."""
    action, _, why = decision(planned(active(20), entries=entries, sent=sent))
    assert (action, why) == ("skip", reason)


@pytest.mark.parametrize(
    "sent",
    [
        journal("sent", None, sent_at=NOW - timedelta(minutes=11)),
        journal("unknown", None, sent_at=NOW - timedelta(minutes=11)),
        journal("planned", None),
        journal("failed", None, sent_at=NOW),
        journal("confirmed", None, action="delete"),
    ],
)
def test_what_is_not_there_is_sent_again(sent: JournalEntry) -> None:
    assert decision(planned(active(20), sent=sent)) == ("create", 20, None)


def test_an_entry_on_another_user_is_deleted() -> None:
    wrong = entry(20, MARKER, user_id="7")
    assert decision(planned(active(20), entries=(wrong,)))[::2] == (
        "delete",
        plan.BOOKED_ON_ANOTHER,
    )


@pytest.mark.parametrize(
    ("time", "reason"),
    [
        (active(20, person="user9@example.com"), plan.NO_USER),
        (active(20, is_ambiguous=True), plan.SEVERAL_EMPLOYEES),
        (active(20, person="user2@example.com"), plan.SEVERAL_USERS),
    ],
)
def test_people_without_one_user_are_reported_and_not_guessed(
    time: ActiveTime, reason: str
) -> None:
    members = [Member("900", user_id, "user2@example.com") for user_id in "23"]
    facts = Facts(PERIOD, [time], [*members, Member("900", "1", "user1@example.com")], [], {}, NOW)
    assert decision(build_plan(facts, WorklogRules(), ANYTHING)) == ("skip", 0, reason)


@pytest.mark.parametrize(
    ("times", "values", "expected"),
    [
        ((active(20, None),), {}, [("delete", None)]),
        ((active(20, "86a2"),), {}, [("create", None), ("delete", None)]),
        ((), {}, [("skip", plan.NO_ACTIVITY)]),
        ((active(20, None),), {"user_id": "2"}, []),
        ((active(20, None),), {"task_id": "86a3"}, []),
        ((active(20, None),), {"marker": "pandev:" + "0" * 32}, []),
    ],
)
def test_an_entry_without_active_time_is_deleted_if_the_day_is_known(
    times: tuple[ActiveTime, ...], values: dict[str, Any], expected: list[tuple[str, str | None]]
) -> None:
    """That of another organisation or user, and one that was moved, are not ours to delete."""
    rest = planned(*times, entries=(replace(entry(20, MARKER), **values),))
    assert sorted(((item.action, item.reason) for item in rest), key=str) == expected


@pytest.mark.parametrize(
    ("selection", "count"),
    [
        (Selection(), 1),
        (Selection(("900",), frozenset({"11"})), 1),
        (Selection(("901",)), 0),
        (Selection((), frozenset({"12"})), 0),
    ],
)
def test_only_selected_spaces_are_planned(selection: Selection, count: int) -> None:
    for entries in ((), (entry(20, MARKER),)):
        times = [] if entries else [active(20)]
        known = active(20, None)
        assert len(planned(*times, known, entries=entries, selection=selection)) == count
