"""Describe what was compared, for people and for programs."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from pandev.report.values import printable
from tap_clickup.conversions import format_timestamp
from tap_clickup.wording import format_count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pandev.verification.causes import Difference
    from pandev.verification.fields import FieldDifference
    from pandev.verification.verifier import Verification

LABELS: Final = ("task", "cause", "difference")
CAUSES: Final = ("ours", "not yet polled", "hidden")
"""In the order in which they matter."""
MAX_ROWS: Final = 50
MAX_VALUE: Final = 40
UNSHOWN_FIELDS: Final = {"name", "tags", "custom_fields"}
"""Fields with text of people, which is not printed: outputs end in tickets."""
OURS: Final = 1
INCOMPLETE: Final = 3
NOTHING_LOADED: Final = 5


def exit_code(result: Verification) -> int:
    """Return the exit code of the command."""
    if result.count("ours"):
        return OURS
    if result.failures:
        return INCOMPLETE
    return 0 if result.stored_count or result.listed else NOTHING_LOADED


def describe(result: Verification) -> dict[str, str]:
    """Return the result, what was compared, and how many tasks differ for each cause."""
    stored = format_count(result.stored_count, "stored task")
    compared = f"{result.compared:,} of {stored}, {result.equal:,} equal"
    facts = {
        "result": _describe_result(result),
        "compared": f"{compared} (--seed {result.seed})",
    }
    if result.listed is not None:
        too_old = f", {result.too_old:,} too old to load" if result.too_old else ""
        ids = f"{result.listed:,} in ClickUp, {result.stored_ids:,} in the store"
        facts["ids"] = f"{ids}{too_old}"
    return facts | {cause: f"{result.count(cause):,}" for cause in CAUSES}


def _describe_result(result: Verification) -> str:
    if count := result.count("ours"):
        verb = "is" if count == 1 else "are"
        return f"{format_count(count, 'task')} {verb} wrong in the store, see below"
    suffix = "; not everything was compared, see below" if result.failures else ""
    explained = len({(item.workspace_id, item.task_id) for item in result.differences})
    if explained:
        verb = "differs" if explained == 1 else "differ"
        return f"{format_count(explained, 'task')} {verb} as expected{suffix}"
    return f"no difference{suffix}"


def list_differences(result: Verification) -> list[tuple[str, ...]]:
    """Return a row of the table with `LABELS` for each of the first differences."""
    return [
        (difference.task_id, difference.cause, "\n".join(_lines(difference)))
        for difference in _by_cause(result)[:MAX_ROWS]
    ]


def list_problems(result: Verification) -> list[str]:
    """Return what was not compared or not shown."""
    problems = [printable(failure) for failure in result.failures]
    problems += [f"note: {printable(text)}" for text in result.denied]
    if (omitted := len(result.differences) - MAX_ROWS) > 0:
        verb = "is" if omitted == 1 else "are"
        differences = format_count(omitted, "difference")
        problems.append(f"{differences} {verb} not shown; --format json has all of them")
    return problems


def _by_cause(result: Verification) -> list[Difference]:
    return sorted(
        result.differences,
        key=lambda item: (CAUSES.index(item.cause), item.workspace_id, item.task_id),
    )


def _lines(difference: Difference) -> list[str]:
    return [printable(difference.reason), *map(_describe_field, difference.fields)]


def _describe_field(field: FieldDifference) -> str:
    if field.name in UNSHOWN_FIELDS:
        return f"{field.name}: differs (not shown)"
    return f"{field.name}: {_short(field.stored)} in the store, {_short(field.live)} in ClickUp"


def _short(value: Any) -> str:
    if value is None or value == []:
        return "nothing"
    text = printable(", ".join(map(str, value)) if isinstance(value, list) else _plain(value))
    return text if len(text) <= MAX_VALUE else f"{text[: MAX_VALUE - 1]}…"


def _plain(value: Any) -> str:
    return format_timestamp(value) if isinstance(value, datetime) else str(value)


def as_json(result: Verification, code: int) -> dict[str, Any]:
    """Return all of the result, without text of people."""
    return {
        "exit_code": code,
        "seed": result.seed,
        "stored_tasks": result.stored_count,
        "compared": result.compared,
        "equal": result.equal,
        "ids": _ids_as_json(result),
        "causes": {cause: result.count(cause) for cause in CAUSES},
        "differences": [_difference_as_json(difference) for difference in _by_cause(result)],
        "failures": result.failures,
        "denied": result.denied,
    }


def _ids_as_json(result: Verification) -> dict[str, Any] | None:
    if result.listed is None:
        return None
    return {
        "clickup": result.listed,
        "store": result.stored_ids,
        "too_old_to_load": result.too_old,
    }


def _difference_as_json(difference: Difference) -> dict[str, Any]:
    return {
        "workspace_id": difference.workspace_id,
        "task_id": difference.task_id,
        "cause": difference.cause,
        "reason": difference.reason,
        "fields": _fields_as_json(difference.fields),
    }


def _fields_as_json(fields: Sequence[FieldDifference]) -> list[dict[str, Any]]:
    return [
        {"field": field.name}
        if field.name in UNSHOWN_FIELDS
        else {"field": field.name, "store": _value(field.stored), "clickup": _value(field.live)}
        for field in fields
    ]


def _value(value: Any) -> Any:
    return format_timestamp(value) if isinstance(value, datetime) else value
