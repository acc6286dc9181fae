"""Check the connection to ClickUp: whose token it is, what it sees, and what it may not do.

The first request is `GET /api/v2/team`. Nothing is written, and no text contains the token.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from pandev.console import CommandError
from pandev.report.values import printable
from tap_clickup.access import (
    CREATE_WEBHOOKS,
    TokenUser,
    fetch_token_user,
    role_limits,
    role_name,
)
from tap_clickup.errors import ConfigurationError
from tap_clickup.fields import Fields
from tap_clickup.validation import validate_config
from tap_clickup.wording import format_ids

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tap_clickup.sync import SyncContext
    from tap_clickup.sync_report import ReadFailure
    from tap_clickup.workspace import Workspace

__all__ = ["ConnectionCheck", "Problem", "TokenUser", "WorkspaceAccess", "check_connection"]
Severity = Literal["error", "polling only", "note"]
"""What a problem means: no data, changes by polling only, or less data than could be read."""
PEOPLE: Final = "Workspace settings > People"
NOT_PASSED: Final = "the check has not passed, so nothing is saved"
CLICKAPPS: Final = "Workspace settings > ClickApps"


@dataclass(frozen=True)
class WorkspaceAccess:
    """A workspace that the token sees.

    `role` is None if ClickUp does not report it, and `cannot` names what that role cannot do.
    `space_count` is the number of selected spaces that the token sees; None if the workspace is not
    selected, or its spaces could not be read.
    """

    id: str
    name: str | None
    role: str | None
    cannot: tuple[str, ...]
    is_selected: bool
    space_count: int | None = None

    @property
    def can_create_webhooks(self) -> bool:
        """Whether changes can come by webhook; assumed for a role that is not known."""
        return CREATE_WEBHOOKS not in self.cannot


@dataclass(frozen=True)
class Problem:
    """What keeps ClickUp's data from being complete or in time, and what to do about it."""

    severity: Severity
    subject: str
    text: str
    remedy: str

    def __str__(self) -> str:
        """Return one line; the text of some problems contains the remedy."""
        remedy = f"; {self.remedy}" if self.remedy else ""
        return f"{self.subject}: {self.text}{remedy}"


@dataclass(frozen=True)
class ConnectionCheck:
    """The result of a check. `requests_per_minute` is the limit of the plan, if reported."""

    user: TokenUser
    workspaces: tuple[WorkspaceAccess, ...]
    requests_per_minute: int | None
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that keep selected data from being read at all."""
        return tuple(problem for problem in self.problems if problem.severity == "error")

    @property
    def is_polling_only(self) -> bool:
        """Whether webhooks cannot be created in a selected workspace."""
        return any(problem.severity == "polling only" for problem in self.problems)


def check_connection(sync_context: SyncContext) -> ConnectionCheck:
    """Return what the token's user sees of ClickUp, and the problems of the selection.

    Raises `ConfigurationError` before the first request, for a token of another form too, and
    `ClickUpError` if ClickUp cannot be reached or does not accept the token.
    """
    validate_config(sync_context.config)
    client = sync_context.client
    teams = [Fields(team) for team in sync_context.teams.body["teams"]]
    user = fetch_token_user(client)
    problems: list[Problem] = []
    selected: list[Workspace] = []
    try:
        selected = sync_context.workspaces
    except ConfigurationError as error:
        problems.append(_error("selection", str(error), "choose workspaces by pandev scopes"))
    for workspace in selected:
        workspace.hierarchy.load_spaces()
    workspaces = tuple(
        _describe_access(team, user.id, sync_context, selected) for team in teams if team.id
    )
    if not workspaces:
        problems.append(
            _error(
                f"user {user.id}",
                "is in no workspace",
                f"invite the user in ClickUp under {PEOPLE}",
            )
        )
    problems += _role_problems(workspaces)
    problems += _space_problems(sync_context, selected)
    for workspace in selected:
        problems += _clickapp_problems(sync_context, workspace)
    return ConnectionCheck(user, workspaces, client.reported_limit, tuple(problems))


def require_access(connection: ConnectionCheck) -> None:
    """Raise `CommandError` if a check has not passed, with a line for each of its errors."""
    if connection.errors:
        problems = [printable(str(problem)) for problem in connection.errors]
        raise CommandError("\n".join([*problems, NOT_PASSED]), 1)


def _describe_access(
    team: Fields, user_id: str, sync_context: SyncContext, selected: Sequence[Workspace]
) -> WorkspaceAccess:
    role = role_name(team, user_id)
    counts = {
        workspace.id: len(workspace.hierarchy.space_ids_found)
        for workspace in selected
        if workspace.hierarchy.spaces_complete
    }
    workspace_id = team.required_id
    return WorkspaceAccess(
        id=workspace_id,
        name=team.text("name"),
        role=role,
        cannot=role_limits(role),
        is_selected=sync_context.selection.includes_workspace(workspace_id),
        space_count=counts.get(workspace_id),
    )


def _role_problems(workspaces: Sequence[WorkspaceAccess]) -> Iterator[Problem]:
    for workspace in workspaces:
        if not workspace.is_selected or workspace.can_create_webhooks:
            continue
        *limits, last = workspace.cannot
        yield Problem(
            "polling only",
            f"workspace {workspace.id}",
            f"the token's user is a {workspace.role} and cannot {', '.join(limits)}, or {last}, "
            "so changes come by polling only",
            f"make the user an owner or admin under {PEOPLE}",
        )


def _space_problems(sync_context: SyncContext, selected: Sequence[Workspace]) -> Iterator[Problem]:
    """Yield what the token does not see of the selected spaces."""
    failures = [
        (workspace, failure) for workspace in selected for failure in find_unread(workspace)
    ]
    for workspace, failure in failures:
        text = f"{failure.subject} not read: {failure.reason}"
        remedy = "try again" if failure.retryable else f"see the user's role under {PEOPLE}"
        if "; " in failure.reason:
            remedy = ""
        yield _error(f"workspace {workspace.id}", text, remedy)
    visible = {
        space_id for workspace in selected for space_id in workspace.hierarchy.space_ids_found
    }
    hidden = sorted(sync_context.selection.space_ids - visible)
    if hidden and selected and not failures:
        yield _error(
            "selection",
            f"space_ids: {', '.join(hidden)} not visible to the token in the selected workspaces",
            "make its user a member of the space, or deselect it by pandev scopes deselect",
        )
    if sync_context.selection.space_ids:
        return
    for workspace in selected:
        if not (workspace.hierarchy.space_ids_found or workspace.hierarchy.failures):
            yield _error(
                f"workspace {workspace.id}",
                "the token's user sees no space",
                "make the user a member of the spaces to read",
            )


def find_unread(workspace: Workspace) -> list[ReadFailure]:
    """Return what could not be read of a workspace, one failure for each reason.

    Live and archived spaces are two requests, which mostly fail for the same reason.
    """
    by_reason: dict[str, list[ReadFailure]] = defaultdict(list)
    for failure in workspace.hierarchy.failures:
        by_reason[failure.reason].append(failure)
    return [
        replace(failures[0], subject=" and ".join(failure.subject for failure in failures))
        for failures in by_reason.values()
    ]


def _clickapp_problems(sync_context: SyncContext, workspace: Workspace) -> Iterator[Problem]:
    """Yield the ClickApps that are off and without which a part of the data does not exist."""
    spaces = [row.record for row in workspace.hierarchy.spaces if not row.record["archived"]]
    subject = f"workspace {workspace.id}"
    untracked = [
        space["name"] or space["id"] for space in spaces if space["time_tracking_enabled"] is False
    ]
    if sync_context.config["time_tracking"] and untracked:
        yield Problem(
            "note",
            subject,
            f"the ClickApp Time Tracking is off in {format_ids('space', untracked)}, so no "
            "time is tracked there",
            f"switch it on under {CLICKAPPS} > Time Tracking, or set time_tracking to false",
        )
    sprints = {space["sprints_enabled"] for space in spaces}
    if sync_context.config["sprints"] and sprints == {False}:
        yield Problem(
            "note",
            subject,
            "the ClickApp Sprints is off in all selected spaces, so there are no sprints",
            f"switch it on under {CLICKAPPS} > Sprints, or set sprints to false",
        )


def _error(subject: str, text: str, remedy: str) -> Problem:
    return Problem("error", subject, text, remedy)
