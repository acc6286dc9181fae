"""What `data_trust` says of a workspace, as facts for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pandev.report.values import Kind, format_duration, format_value, printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import tzinfo


STALE_AFTER_MS: Final = 30 * 60_000
"""Runs are 15 minutes apart, and each has as long to end."""


def describe_workspace(
    row: Mapping[str, Any], zone: tzinfo, *, has_age: bool = True
) -> Iterator[tuple[str, str]]:
    """Yield the facts of a row of data_trust, each with its label.

    Without its age, the last complete run only shows whether it is stale.
    """
    name = printable(row["workspace_name"] or "")
    key = printable(row["workspace_id"])
    yield "workspace", f"{name} ({key})" if name else key
    yield "last complete run", _describe_run(row, zone, has_age=has_age)
    yield (
        "last complete sweep",
        format_value(row["last_complete_sweep_at"], Kind.TIME, zone)
        or "never, so deletions are not known; run: pandev sync --sweep",
    )
    yield "latest run", _describe_latest_run(row, zone)
    yield "tasks", _describe_tasks(row, zone)
    yield "rejected records", _describe_rejections(row)
    yield "webhooks", _describe_webhooks(row)
    yield "status changes", _describe_transitions(row)
    yield "users", _describe_users(row)
    yield "commits", _describe_commits(row)


def _describe_run(row: Mapping[str, Any], zone: tzinfo, *, has_age: bool) -> str:
    if row["last_complete_run_at"] is None:
        return "never; the figures below are not complete"
    at = format_value(row["last_complete_run_at"], Kind.TIME, zone)
    age_ms = row["last_complete_run_age_ms"]
    stale = "; stale, as it is more than 30 minutes old" if age_ms > STALE_AFTER_MS else ""
    age = f", {format_duration(age_ms)} ago" if has_age else ""
    return f"{at}{age}{stale}"


def _describe_latest_run(row: Mapping[str, Any], zone: tzinfo) -> str:
    if row["last_run_source"] is None:
        return "none"
    state = "complete" if row["last_run_is_complete"] else "not complete"
    refused = row["refused_objects"]
    denied = f", {refused:,} refused" if refused else ""
    at = format_value(row["last_run_started_at"], Kind.TIME, zone)
    return f"{printable(row['last_run_source'])} at {at}, {state}{denied}"


def _describe_tasks(row: Mapping[str, Any], zone: tzinfo) -> str:
    stored = f"{row['stored_tasks']:,} stored"
    if row["live_tasks"] is None:
        return stored
    at = format_value(row["live_tasks_counted_at"], Kind.TIME, zone)
    return f"{stored}, {row['live_tasks']:,} in ClickUp at {at}"


def _describe_rejections(row: Mapping[str, Any]) -> str:
    count = f"{row['rejected_records']:,}"
    if row["rejected_without_workspace"]:
        count += f", and {row['rejected_without_workspace']:,} of no workspace"
    return count if count == "0" else f"{count}; see pandev rejected list"


def _describe_webhooks(row: Mapping[str, Any]) -> str:
    if not row["webhooks"]:
        return "none, so changes come by polling only; see: pandev connect --help"
    health = ", ".join(printable(str(status)) for status in row["health_statuses"])
    return f"{row['webhooks']:,} ({health})"


def _describe_transitions(row: Mapping[str, Any]) -> str:
    if row["inferred_share"] is None:
        return "none yet"
    share = f"{float(row['inferred_share']):.1%}".replace("%", " %")
    return f"{row['recent_transitions']:,} in the 300 tasks changed last, {share} inferred"


def _describe_users(row: Mapping[str, Any]) -> str:
    unmatched = row["users_without_employee"]
    matching = "no employees loaded" if unmatched is None else f"{unmatched:,} without an employee"
    return f"{row['users']:,}, {matching}"


def _describe_commits(row: Mapping[str, Any]) -> str:
    return f"{row['commits']:,}, {row['commits_without_task']:,} without a task"
