"""Describe a plan, and what became of it, for people and for programs."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pandev.report.values import format_duration, printable
from tap_clickup.wording import format_count

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pandev.worklogs.facts import Period
    from pandev.worklogs.plan import PlannedEntry
    from pandev.worklogs.push import Outcome, PushReport
    from pandev.worklogs.rules import WorklogRules

PLAN_LABELS = ("day", "person", "task", "action", "time", "now")
LEFT_OUT_LABELS = ("left out, because", "person", "entries", "time")
TO_WRITE = {"create": "to create", "update": "to update", "delete": "to delete"}
WRITTEN = {"create": "created", "update": "updated", "delete": "deleted"}


def describe_plan(
    plan: Sequence[PlannedEntry], period: Period, rules: WorklogRules
) -> dict[str, str]:
    """Return the days, the rules and the number of entries by what is done with them."""
    facts = {"days": _describe_days(period), "rules": str(rules)}
    for action, label in TO_WRITE.items():
        facts[label] = _describe_entries(entry for entry in plan if entry.action == action)
    facts["as planned"] = _describe_entries(entry for entry in plan if entry.action == "keep")
    left_out = [entry for entry in plan if entry.action == "skip"]
    facts["left out"] = _describe_entries(left_out, of_activity=True)
    return facts


def list_writes(plan: Sequence[PlannedEntry]) -> list[tuple[str, ...]]:
    """Return a row of the table with `PLAN_LABELS` for each entry that is to be written."""
    return [
        (
            entry.work_date.isoformat(),
            printable(entry.person),
            entry.task_id,
            entry.action,
            format_duration(entry.planned_ms, in_hours=True) if entry.planned_ms else "",
            "" if entry.current_ms is None else format_duration(entry.current_ms, in_hours=True),
        )
        for entry in plan
        if entry.action in TO_WRITE
    ]


def list_left_out(plan: Sequence[PlannedEntry]) -> list[tuple[str, ...]]:
    """Return a row of the table with `LEFT_OUT_LABELS` for each reason and person."""
    by_reason: dict[tuple[str, str], list[PlannedEntry]] = defaultdict(list)
    for entry in plan:
        if entry.action == "skip":
            by_reason[entry.reason or "", printable(entry.person)].append(entry)
    return [
        (
            reason,
            person,
            str(len(entries)),
            format_duration(sum(entry.active_ms for entry in entries), in_hours=True),
        )
        for (reason, person), entries in sorted(by_reason.items())
    ]


def describe_report(report: PushReport) -> dict[str, str]:
    """Return the days and the number of entries by what became of them."""
    facts = {"days": _describe_days(report.period)}
    for action, label in WRITTEN.items():
        written = _entries_of(report.outcomes, "written")
        facts[label] = _describe_entries(entry for entry in written if entry.action == action)
    facts["as planned"] = _describe_entries(_entries_of(report.outcomes, "kept"))
    facts["left out"] = _describe_entries(
        list(_entries_of(report.outcomes, "left out")), of_activity=True
    )
    facts["failed"] = _describe_entries(_entries_of(report.outcomes, "failed"))
    facts["without an answer"] = _describe_entries(_entries_of(report.outcomes, "unknown"))
    return facts


def list_problems(report: PushReport) -> Iterator[str]:
    """Yield a line for each entry and workspace that was not written, and for the end of a run."""
    for outcome in report.outcomes:
        if outcome.result in {"failed", "unknown"} and outcome.reason != report.stopped:
            entry = outcome.entry
            yield f"{entry.work_date}, {entry.person}, task {entry.task_id}: {outcome.reason}"
    yield from report.problems
    if report.stopped:
        yield report.stopped


def plan_as_json(
    plan: Sequence[PlannedEntry], period: Period, rules: WorklogRules
) -> dict[str, Any]:
    """Return a plan as a value for JSON."""
    return {
        "first_day": period.first_day,
        "last_day": period.last_day,
        "time_zone": period.time_zone,
        "rules": asdict(rules),
        "entries": [asdict(entry) for entry in plan],
    }


def report_as_json(report: PushReport) -> dict[str, Any]:
    """Return what became of a plan as a value for JSON."""
    return {
        "first_day": report.period.first_day,
        "last_day": report.period.last_day,
        "time_zone": report.period.time_zone,
        "entries": [
            {**asdict(outcome.entry), "result": outcome.result, "reason": outcome.reason}
            for outcome in report.outcomes
        ],
        "problems": report.problems,
        "stopped": report.stopped,
    }


def _describe_days(period: Period) -> str:
    return f"{period.first_day} to {period.last_day} ({period.time_zone})"


def _entries_of(outcomes: Iterable[Outcome], result: str) -> Iterator[PlannedEntry]:
    return (outcome.entry for outcome in outcomes if outcome.result == result)


def _describe_entries(entries: Iterable[PlannedEntry], *, of_activity: bool = False) -> str:
    """Return the number of entries and their time: the planned one, or that in the editor."""
    counted = list(entries)
    if not counted:
        return "none"
    times = [
        entry.active_ms if of_activity else entry.planned_ms or entry.current_ms or 0
        for entry in counted
    ]
    count = format_count(len(counted), "entry", "entries")
    return f"{count}, {format_duration(sum(times), in_hours=True)}"
