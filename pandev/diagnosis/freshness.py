"""Checks of how new and how complete the store is: the back-fill, the last run, what was denied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pandev.diagnosis.check import (
    RUN_CONNECT,
    RUN_SYNC,
    SYNC,
    Finding,
    Outcome,
    ok,
    problem,
    skipped,
    warning,
)
from pandev.status.evaluation import Backfill, State
from tap_clickup.wording import format_count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pandev.diagnosis.examination import Examination
    from pandev.status.evaluation import WorkspaceStatus

TIME_ENTRIES: Final = "time entries"
MAX_SHOWN: Final = 5


def check_backfill(examination: Examination) -> Sequence[Finding]:
    """Look whether each workspace was read once; a running back-fill is fine (R96)."""
    status = examination.status
    if examination.store_error:
        return skipped(examination.why_no_store)
    if status is None or status.state is State.EMPTY:
        return [problem("nothing is loaded yet", RUN_CONNECT)]
    return [_describe_backfill(workspace) for workspace in status.workspaces]


def _describe_backfill(workspace: WorkspaceStatus) -> Finding:
    name = f"workspace {workspace.workspace_id}"
    share = "" if workspace.progress is None else f" at {workspace.progress:.0%}"
    match workspace.backfill:
        case Backfill.COMPLETE:
            return Finding(Outcome.OK, f"{name}: complete")
        case Backfill.RUNNING:
            return Finding(Outcome.OK, f"{name}: still running{share}; tasks appear as it goes on")
        case Backfill.STOPPED:
            text = f"{name}: was stopped or killed{share}"
            return problem(text, f"{RUN_SYNC}; it goes on where it was")
        case Backfill.FAILED:
            return problem(
                f"{name}: failed: {workspace.problem}", f"remove the cause, then {RUN_SYNC}"
            )
        case Backfill.NOT_STARTED:
            return problem(f"{name}: not started", RUN_SYNC)


def check_last_sync(examination: Examination) -> Sequence[Finding]:
    """Look whether the last sync failed, or is older than 30 minutes (R43)."""
    if not examination.is_enabled:
        return skipped("the setting enabled is false")
    status, rows = examination.status, examination.rows
    if status is None or rows is None or status.state is State.EMPTY:
        return skipped(examination.why_no_store)
    findings = []
    for workspace in status.workspaces:
        name = f"workspace {workspace.workspace_id}"
        if workspace.last_sync_at is None:
            continue
        minutes = int((rows.now - workspace.last_sync_at).total_seconds() // 60)
        if workspace.state is State.ERROR:
            text = f"{name}: the last run failed: {workspace.problem}"
            findings.append(problem(text, f"remove the cause, then {RUN_SYNC}"))
        elif workspace.state is State.STALE:
            text = f"{name}: {format_count(minutes, 'minute')} ago"
            remedy = "start clickup-receiver, which polls, or the schedule of Meltano; now: "
            findings.append(problem(text, f"{remedy}{SYNC}"))
        else:
            text = f"{name}: {format_count(minutes, 'minute')} ago"
            findings.append(Finding(Outcome.OK, text))
    return findings or skipped("the back-fill is not complete")


def check_time_entries(examination: Examination) -> Sequence[Finding]:
    """Look whether the token's user may read the time entries of others (R102)."""
    if not examination.settings["time_tracking"]:
        return skipped("the setting time_tracking is false")
    denied = _denied(examination, is_time_entry=True)
    if denied is None:
        return skipped(examination.why_no_store)
    remedy = "make the token's user an owner or admin under Workspace settings > People"
    return [warning(text, f"{remedy}, then {RUN_SYNC}") for text in denied] or ok("readable")


def check_denied(examination: Examination) -> Sequence[Finding]:
    """Look for what ClickUp did not let the last run read; all else was read (R104)."""
    denied = _denied(examination, is_time_entry=False)
    if denied is None:
        return skipped(examination.why_no_store)
    remedy = "make the token's user a member of its space, or ignore what is not wanted"
    findings = [warning(text, remedy) for text in denied[:MAX_SHOWN]]
    if more := denied[MAX_SHOWN:]:
        findings.append(warning(f"{len(more):,} more", "see refused in the table sync_runs"))
    return findings or ok("nothing was denied")


def _denied(examination: Examination, *, is_time_entry: bool) -> list[str] | None:
    """Return what the last runs could not read; None if there was none."""
    status = examination.status
    if status is None or status.state is State.EMPTY:
        return None
    return [
        f"workspace {workspace.workspace_id}: {text}"
        for workspace in status.workspaces
        for text in workspace.denied
        if text.startswith((TIME_ENTRIES, "stream time_entries")) == is_time_entry
    ]
