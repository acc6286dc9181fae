"""Describe rejected records and another attempt, without any value but ids."""

from __future__ import annotations

import re
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

from pandev.rejected.retry import SETTLED, Outcome, Result, describe_reason
from pandev.report.values import printable
from tap_clickup.wording import format_count

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pandev.rejected.objects import RejectedObject

LABELS: Final = ("stream", "id", "last (UTC)", "times", "reason")
OUTCOME_LABELS: Final = ("stream", "id", "result", "reason")
RESULTS: Final[tuple[Result, ...]] = (
    "rejected again",
    "not read",
    "not found",
    "left",
    "gone",
    "stored",
)
"""In the order in which they matter."""
MAX_ROWS: Final = 50
ID: Final = re.compile(r"[\w.:/#+-]{1,64}")
"""A value of a key that is an id: other ones, such as e-mail addresses, are not shown."""
HIDDEN_ID: Final = "…"
LEFT: Final = 1
UNAVAILABLE: Final = 3


def list_rejected(rejected: Sequence[RejectedObject]) -> list[tuple[str, ...]]:
    """Return a row of the table with `LABELS` for each of the first objects."""
    return [
        (
            printable(item.stream),
            describe_key(item.key),
            _format_time(item.last_rejected_at),
            f"{len(item.hashes):,}",
            printable(describe_reason(item)),
        )
        for item in rejected[:MAX_ROWS]
    ]


def describe_retry(outcomes: Sequence[Outcome]) -> dict[str, str]:
    """Return how many objects were settled, and how many have each result."""
    settled = sum(outcome.is_settled for outcome in outcomes)
    facts = {"result": f"{settled:,} of {format_count(len(outcomes), 'rejected object')} settled"}
    for result in RESULTS:
        if count := sum(outcome.result == result for outcome in outcomes):
            facts[result] = f"{count:,}"
    return facts


def list_outcomes(outcomes: Sequence[Outcome]) -> list[tuple[str, ...]]:
    """Return a row of the table with `OUTCOME_LABELS` for each of the first objects."""
    return [
        (
            printable(outcome.rejected.stream),
            describe_key(outcome.rejected.key),
            outcome.result,
            printable(outcome.reason),
        )
        for outcome in _by_result(outcomes)[:MAX_ROWS]
    ]


def describe_omitted(count: int) -> str | None:
    """Return what is said if there are more objects than a table shows."""
    if (omitted := count - MAX_ROWS) <= 0:
        return None
    verb = "is" if omitted == 1 else "are"
    return f"{format_count(omitted, 'object')} {verb} not shown; --format json has all of them"


def describe_key(key: tuple[str, ...] | None) -> str:
    """Return the ids of a key, without that of the workspace if others follow."""
    if key is None:
        return "none"
    shown = key[1:] if len(key) > 1 else key
    return "/".join(value if ID.fullmatch(value) else HIDDEN_ID for value in shown)


def exit_code(outcomes: Sequence[Outcome]) -> int:
    """Return the exit code of a retry: 0 if no rejected record is left."""
    return 0 if all(outcome.is_settled for outcome in outcomes) else LEFT


def rejected_as_json(rejected: Sequence[RejectedObject]) -> dict[str, Any]:
    """Return all rejected objects."""
    return {"rejected": [_object_as_json(item) for item in rejected]}


def outcomes_as_json(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return the outcome of all objects."""
    return {
        "exit_code": exit_code(outcomes),
        "outcomes": [
            {
                **_object_as_json(outcome.rejected),
                "result": outcome.result,
                "is_settled": outcome.result in SETTLED,
                "result_reason": outcome.reason,
            }
            for outcome in _by_result(outcomes)
        ],
    }


def _by_result(outcomes: Sequence[Outcome]) -> list[Outcome]:
    return sorted(outcomes, key=lambda outcome: RESULTS.index(outcome.result))


def _object_as_json(item: RejectedObject) -> dict[str, Any]:
    key = None
    if item.key is not None:
        key = [value if ID.fullmatch(value) else None for value in item.key]
    return {
        "stream": item.stream,
        "key": key,
        "field": item.field,
        "reason": item.reason,
        "times": len(item.hashes),
        "first_rejected_at": item.first_rejected_at,
        "last_rejected_at": item.last_rejected_at,
    }


def _format_time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
