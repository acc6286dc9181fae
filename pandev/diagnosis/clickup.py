"""Checks that ask ClickUp: token, clock, workspaces, spaces and ClickApps."""

from __future__ import annotations

import os
from io import StringIO
from typing import TYPE_CHECKING, Final

from dotenv import dotenv_values

from pandev.diagnosis.check import (
    RUN_CONNECT,
    RUN_SYNC,
    Finding,
    Outcome,
    ok,
    problem,
    skipped,
    warning,
)
from plugin_settings.env_file import ENV_FILE_NAME, is_inherited, read_env_file
from tap_clickup.errors import ClickUpError, ClockError, ConfigurationError, InvalidTokenError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pandev.connection import ConnectionCheck, Severity
    from pandev.diagnosis.examination import Examination

NO_ANSWER: Final = "ClickUp was not read, see the check token"
VARIABLE: Final = "TAP_CLICKUP_API_TOKEN"
NEW_ONE: Final = (
    "create a new token in ClickUp under avatar > Settings > My Settings > Apps > API Token, and "
    "save it with pandev token"
)


def check_token(examination: Examination) -> Sequence[Finding]:
    """Look whether ClickUp accepts the token (R92, R93)."""
    if not examination.is_enabled:
        return skipped("the setting enabled is false")
    if not examination.settings.get("api_token"):
        return [problem(f"{VARIABLE} is not set", NEW_ONE)]
    connection = examination.connection
    if isinstance(connection, InvalidTokenError):
        text = "401 Unauthorized: the token is wrong, expired or was regenerated"
        return [problem(text, NEW_ONE)]
    if isinstance(connection, ClickUpError):
        return _explain(connection)
    if _hides_another(examination.folder):
        text = f"{VARIABLE} in the environment differs from that in .env, which the receiver uses"
        return [warning(text, "remove it from the environment, so that .env counts everywhere")]
    name = connection.user.name or "an invited user"
    return ok(f"accepted, of {name} (user {connection.user.id})")


def _hides_another(folder: Path) -> bool:
    """Return whether another token is in the environment than in `.env` (R94)."""
    text = read_env_file(folder / ENV_FILE_NAME, ConfigurationError)
    saved = dotenv_values(stream=StringIO(text)).get(VARIABLE)
    return bool(saved) and is_inherited(VARIABLE) and os.environ[VARIABLE] != saved


def _explain(error: ClickUpError) -> Sequence[Finding]:
    """Return why ClickUp was not read, for any other reason than a refused token."""
    if isinstance(error, ClockError):
        return skipped("see the check clock")
    if isinstance(error, ConfigurationError):
        return [_split(error, "correct the setting")]
    return [_split(error, "check that this machine can reach api.clickup.com on port 443")]


def check_clock(examination: Examination) -> Sequence[Finding]:
    """Compare the clock of this machine with ClickUp's."""
    connection = read_connection(examination)
    if isinstance(connection, ClockError):
        return [_split(connection, "set the clock, for instance with timedatectl set-ntp true")]
    if isinstance(connection, ClickUpError) or connection is None:
        return skipped(NO_ANSWER)
    return ok("differs from ClickUp's by less than five minutes")


def check_role(examination: Examination) -> Sequence[Finding]:
    """Look whether the token's user may create webhooks (R112, R113)."""
    return _problems(
        examination, "polling only", Outcome.WARNING, "may create webhooks", RUN_CONNECT
    )


def check_access(examination: Examination) -> Sequence[Finding]:
    """Look whether the token's user is a member of what is selected (R96, R97)."""
    return _problems(examination, "error", Outcome.PROBLEM, "all selected spaces are visible")


def check_clickapps(examination: Examination) -> Sequence[Finding]:
    """Look for ClickApps that are off (R101, R103)."""
    return _problems(examination, "note", Outcome.WARNING, "no ClickApp is missing")


def _problems(
    examination: Examination,
    severity: Severity,
    outcome: Outcome,
    all_well: str,
    then: str = RUN_SYNC,
) -> Sequence[Finding]:
    connection = read_connection(examination)
    if isinstance(connection, ClickUpError) or connection is None:
        return skipped(NO_ANSWER)
    findings = [
        Finding(
            outcome,
            f"{item.subject}: {item.text}",
            item.remedy and f"{item.remedy}, then {then}",
        )
        for item in connection.problems
        if item.severity == severity
    ]
    return findings or ok(all_well)


def read_connection(examination: Examination) -> ConnectionCheck | ClickUpError | None:
    """Return what ClickUp answers; None if it is not to be asked."""
    if not examination.is_enabled or not examination.settings.get("api_token"):
        return None
    return examination.connection


def _split(error: ClickUpError, remedy: str) -> Finding:
    """Return a problem from an error whose text ends with its remedy."""
    text, _, advice = str(error).partition("; ")
    return problem(text, advice or remedy)
