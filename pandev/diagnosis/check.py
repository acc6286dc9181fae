"""A check of `pandev doctor` and its result."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from tap_clickup.errors import ClickUpError
from target_pandev.errors import TargetError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pandev.diagnosis.examination import Examination

SYNC: Final = "pandev sync"
"""The command that loads what has changed."""
RUN_SYNC: Final = f"run {SYNC}"
RUN_CONNECT: Final = "run pandev connect"
"""What to do if nothing has been loaded."""


class Outcome(StrEnum):
    """What a check found, the best first."""

    OK = "ok"
    SKIPPED = "skipped"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Finding:
    """What a check found: a text, and for a problem or a warning what to do about it."""

    outcome: Outcome
    text: str
    remedy: str = ""


@dataclass(frozen=True)
class Check:
    """A check: its name, what it looks at, and the function that returns its findings."""

    name: str
    subject: str
    run: Callable[[Examination], Sequence[Finding]]


@dataclass(frozen=True)
class Result:
    """The findings of a check."""

    check: Check
    findings: Sequence[Finding]

    @property
    def has_problem(self) -> bool:
        """Whether something keeps data from being complete or up to date."""
        return any(finding.outcome is Outcome.PROBLEM for finding in self.findings)


def ok(text: str) -> list[Finding]:
    """Return that all is well."""
    return [Finding(Outcome.OK, text)]


def skipped(reason: str) -> list[Finding]:
    """Return that a check does not apply, and why."""
    return [Finding(Outcome.SKIPPED, reason)]


def warning(text: str, remedy: str) -> Finding:
    """Return a limitation that may be intended."""
    return Finding(Outcome.WARNING, text, remedy)


def problem(text: str, remedy: str) -> Finding:
    """Return what keeps data from being complete or up to date."""
    return Finding(Outcome.PROBLEM, text, remedy)


def run_check(check: Check, examination: Examination) -> Result:
    """Return the findings of a check. An error of its own is one of them, so it hides no other."""
    try:
        return Result(check, check.run(examination))
    except (ClickUpError, TargetError) as error:
        text, _, remedy = str(error).partition("; ")
        return Result(check, [problem(text, remedy or "remove the cause, then run it again")])
    except Exception as error:  # noqa: BLE001 - a check that fails must not hide the others
        text = f"the check itself failed ({type(error).__name__})"
        return Result(check, [problem(text, "report it with the output of pandev doctor")])
