"""Convert the values of selected custom fields of a task. Pure: the selection is an argument.

A field that the setting does not name is never returned. Values are typed, options become their
labels, users become their ids. A field without a value, or with a value that does not fit its type,
is left out, and the latter is marked as odd: null would mean that ClickUp returned null.
https://developer.clickup.com/docs/customfields
"""

from __future__ import annotations

import math
from decimal import Context, Decimal, InvalidOperation
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias

from tap_clickup.conversions import to_iso_timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from tap_clickup.fields import Fields

Json: TypeAlias = "Mapping[str, Any]"
_Converter: TypeAlias = "Callable[[Any, Json], Any]"

DEFAULT_PROGRESS_END = 100
MAX_NUMBER_LENGTH = 1_000
ALL_DIGITS = Context(prec=MAX_NUMBER_LENGTH)
MAX_EXPONENT = 308
"""The largest power of ten of a JSON reader's floating-point numbers."""
NO_VALUES: tuple[Any, ...] = (None, "", [], {})


def selected_values(task: Fields, selected: Collection[str]) -> dict[str, Any] | None:
    """Return the values of the selected fields by entry of the setting; None without a selection.

    An entry is the id or the name of a field, case-insensitive. An id takes precedence over a name;
    of several fields with the same name the first one with a value is returned.
    """
    if not selected:
        return None
    fields = _dicts_in(task.payload.get("custom_fields"))
    values = {}
    for entry in sorted(selected):
        matching = _matching_fields(entry, fields)
        value = _first_readable(matching)
        if value is not None:
            values[entry] = value
        elif any(field.get("value") not in NO_VALUES for field in matching):
            task.mark_odd(f"custom_fields.{entry}")
    return values


def field_identifiers(task: Json) -> set[str]:
    """Return the ids and names of all custom fields of a task, in lower case."""
    fields = _dicts_in(task.get("custom_fields"))
    return {
        str(field[key]).casefold() for field in fields for key in ("id", "name") if key in field
    }


def _matching_fields(entry: str, fields: list[Json]) -> list[Json]:
    """Return the fields with this id, or if there are none, those with this name."""
    for key in ("id", "name"):
        if matching := [field for field in fields if _equals_ignoring_case(field.get(key), entry)]:
            return matching
    return []


def _equals_ignoring_case(value: Any, text: str) -> bool:
    return isinstance(value, str) and value.casefold() == text.casefold()


def _first_readable(fields: list[Json]) -> Any:
    """Return the first value that can be converted, or None."""
    values = (_convert(field) for field in fields)
    return next((value for value in values if value is not None), None)


def _convert(field: Json) -> Any:
    """Return the value of a field by its type, or None if it has none or does not fit the type."""
    value = field.get("value")
    if value is None:
        return None
    config = field.get("type_config")
    convert: _Converter = _CONVERTERS.get(str(field.get("type")), _scalar)
    return convert(value, config if isinstance(config, dict) else {})


def _dicts_in(value: Any) -> list[Json]:
    """Return the objects in an array, or an empty list if the value is not an array."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _finite(value: Any) -> bool:
    """Return whether a value is a number that JSON can represent; true and false are not."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _scalar(value: Any, _config: Json) -> str | float | bool | None:
    return value if isinstance(value, str | bool) or _finite(value) else None


def _text(value: Any, _config: Json) -> str | None:
    return str(value) if isinstance(value, str) or _finite(value) else None


def _number(value: Any, _config: Json) -> float | Decimal | None:
    """Return a number; of a text all digits are kept, as they would not be in a float."""
    if isinstance(value, str):
        return _number_in(value)
    return value if _finite(value) else None


def _number_in(text: str) -> int | Decimal | None:
    """Return the exact number in a text, or None unless it is one that JSON readers accept."""
    if "_" in text or len(text) > MAX_NUMBER_LENGTH:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number.adjusted()) > MAX_EXPONENT:
        return None
    if number == number.to_integral_value():
        return int(number)
    return number.normalize(ALL_DIGITS)  # 3.50 is 3.5, as ClickUp's JSON numbers are


def _checkbox(value: Any, _config: Json) -> bool | None:
    """Return whether a box is checked: ClickUp sends a boolean, a text or a number."""
    return {"true": True, "1": True, "false": False, "0": False}.get(str(value).lower())


def _date(value: Any, _config: Json) -> str | None:
    return to_iso_timestamp(value) if isinstance(value, str) or _finite(value) else None


def _location(value: Any, config: Json) -> str | None:
    return _text(value.get("formatted_address"), config) if isinstance(value, dict) else None


def _option(value: Any, config: Json) -> str | None:
    """Return the name of the selected option, given by its id or its orderindex (0 is the first).

    Returns the id or orderindex itself if the field's options do not contain it.
    """
    key = _option_key(value)
    if key is None:
        return None
    for key_name in ("id", "orderindex"):
        labels = _labels_by(key_name, config, label_name="name")
        if key in labels:
            return labels[key]
    return key


def _labels(value: Any, config: Json) -> list[str] | None:
    """Return the labels of the selected options; an unknown option is represented by its id."""
    labels = _labels_by("id", config, label_name="label")

    def label_of(item: Any) -> str | None:
        key = _option_key(item)
        return labels.get(key, key) if key else None

    return _convert_each(value, label_of)


def _labels_by(key_name: str, config: Json, *, label_name: str) -> dict[str, str]:
    """Return the labels of a field's options by id or orderindex; of duplicates the first."""
    labels: dict[str, str] = {}
    for option in _dicts_in(config.get("options")):
        key = _option_key(option.get(key_name))
        label = option.get(label_name)
        if key is not None and isinstance(label, str):
            labels.setdefault(key, label)
    return labels


def _ids(value: Any, _config: Json) -> list[str] | None:
    """Return the ids of users or tasks, without their names and e-mail addresses."""
    return _convert_each(
        value, lambda item: _option_key(item.get("id") if isinstance(item, dict) else item)
    )


def _convert_each(value: Any, convert: Callable[[Any], str | None]) -> list[str] | None:
    """Return every item as text, or None if one cannot be converted: a partial list is wrong."""
    if not isinstance(value, list):
        return None
    texts = [text for item in value if (text := convert(item)) is not None]
    return texts if len(texts) == len(value) else None


def _option_key(value: Any) -> str | None:
    """Return an id or an orderindex as text, or None if the value is neither."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return None if isinstance(value, float) else _text(value, {}) or None


def _percent(value: Any, config: Json) -> float | Decimal | None:
    """Return the progress in percent, as sent or calculated from its start, current and end."""
    if not isinstance(value, dict):
        return None
    percent_complete = _number(value.get("percent_complete"), config)
    if percent_complete is not None:
        return percent_complete
    current = _number(value.get("current"), config)
    start = _number(config.get("start"), config) or 0
    end = _number(config.get("end"), config)
    if end is None:
        end = DEFAULT_PROGRESS_END
    if current is None or start == end:
        return None
    done, total = Fraction(current) - Fraction(start), Fraction(end) - Fraction(start)
    try:
        percent = float(done * 100 / total)
    except OverflowError:
        return None
    return _number(int(percent) if percent.is_integer() else percent, config)


_CONVERTERS: Mapping[str, _Converter] = {
    "drop_down": _option,
    "labels": _labels,
    "number": _number,
    "currency": _number,
    "emoji": _number,
    "checkbox": _checkbox,
    "date": _date,
    "users": _ids,
    "tasks": _ids,
    "list_relationship": _ids,
    "manual_progress": _percent,
    "automatic_progress": _percent,
    "location": _location,
    **dict.fromkeys(("short_text", "text", "url", "email", "phone"), _text),
}
