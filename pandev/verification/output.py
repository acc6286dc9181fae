"""Describe what was compared, for people and for programs."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from pandev.report.values import printable
from pandev.verification.causes import TIME_ENTRY
from tap_clickup.conversions import format_timestamp
from tap_clickup.wording import format_count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pandev.verification.causes import Difference
    from pandev.verification.fields import FieldDifference
    from pandev.verification.result import StreamResult, Verification

LABELS: Final = ("object", "cause", "difference")
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
    return NOTHING_LOADED if result.is_empty else 0


def describe(result: Verification) -> dict[str, str]:
    """Return the result, what was compared, and how many objects differ for each cause."""
    facts = {"result": _describe_result(result), "sample": f"--seed {result.seed} repeats it"}
    for stream in result.streams:
        compared = f"{stream.compared:,} of {stream.stored_count:,} stored"
        facts[_plural(stream.noun)] = f"{compared}, {stream.equal:,} equal"
        if stream.listed is not None:
            too_old = f", {stream.too_old:,} too old to load" if stream.too_old else ""
            ids = f"{stream.listed:,} in ClickUp, {stream.stored_ids:,} in the store"
            facts[f"{stream.noun} ids"] = f"{ids}{too_old}"
    return facts | {cause: f"{sum(result.count(cause).values()):,}" for cause in CAUSES}


def _describe_result(result: Verification) -> str:
    if wrong := result.count("ours"):
        verb = "is" if sum(wrong.values()) == 1 else "are"
        return f"{_name(wrong)} {verb} wrong in the store, see below"
    suffix = "; not everything was compared, see below" if result.failures else ""
    if explained := result.count(*CAUSES):
        verb = "differs" if sum(explained.values()) == 1 else "differ"
        return f"{_name(explained)} {verb} as expected{suffix}"
    return f"no difference{suffix}"


def _name(counts: Mapping[str, int]) -> str:
    """Return counts by noun, such as "1 task and 2 time entries"."""
    return " and ".join(format_count(count, noun, _plural(noun)) for noun, count in counts.items())


def _plural(noun: str) -> str:
    return "time entries" if noun == TIME_ENTRY else f"{noun}s"


def list_differences(result: Verification) -> list[tuple[str, ...]]:
    """Return a row of the table with `LABELS` for each of the first differences."""
    return [
        (
            f"{difference.key.noun}\n{difference.key.id}",
            difference.cause,
            "\n".join(_lines(difference)),
        )
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
        key=lambda item: (
            CAUSES.index(item.cause),
            item.key.noun,
            item.key.workspace_id,
            item.key.id,
        ),
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
        "streams": {_plural(stream.noun): _stream_as_json(stream) for stream in result.streams},
        "causes": {cause: sum(result.count(cause).values()) for cause in CAUSES},
        "differences": [_difference_as_json(difference) for difference in _by_cause(result)],
        "failures": result.failures,
        "denied": result.denied,
    }


def _stream_as_json(stream: StreamResult) -> dict[str, Any]:
    ids = None
    if stream.listed is not None:
        ids = {
            "clickup": stream.listed,
            "store": stream.stored_ids,
            "too_old_to_load": stream.too_old,
        }
    return {
        "stored": stream.stored_count,
        "compared": stream.compared,
        "equal": stream.equal,
        "ids": ids,
    }


def _difference_as_json(difference: Difference) -> dict[str, Any]:
    return {
        "object": difference.key.noun,
        "workspace_id": difference.key.workspace_id,
        "id": difference.key.id,
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
