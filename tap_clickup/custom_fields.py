"""The values of chosen custom fields of a task. Pure: which fields are chosen is a setting.

A field that nobody named in the setting never gets out. Values are typed, options become their
labels, people become their ids. What is not set, and what is not shaped as its type promises, is
left out: null would say that ClickUp had said so.
https://developer.clickup.com/docs/customfields
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeAlias

from tap_clickup.conversions import parse_number, to_iso_timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

Json: TypeAlias = "Mapping[str, Any]"
_Reader: TypeAlias = "Callable[[Any, Json], Any]"

FULL = 100


def selected_values(task: Json, wanted: Collection[str]) -> dict[str, Any] | None:
    """Return the values of the wanted fields by entry of the setting, or None if none is wanted.

    An entry is the id or the name of a field, in upper or lower case. An id goes before a name; of
    several fields with one name the first that has a value is taken.
    """
    if not wanted:
        return None
    fields = _objects(task.get("custom_fields"))
    found = {entry: _first(_called(entry, fields)) for entry in sorted(wanted)}
    return {entry: value for entry, value in found.items() if value is not None}


def field_identifiers(task: Json) -> set[str]:
    """Return the ids and names of a task's custom fields, set or not, in lower case."""
    fields = _objects(task.get("custom_fields"))
    return {
        str(field[key]).casefold() for field in fields for key in ("id", "name") if key in field
    }


def _called(entry: str, fields: list[Json]) -> list[Json]:
    """Return the fields with this id, or else those with this name."""
    for key in ("id", "name"):
        if called := [each for each in fields if _same(each.get(key), entry)]:
            return called
    return []


def _same(one: Any, other: str) -> bool:
    return isinstance(one, str) and one.casefold() == other.casefold()


def _first(fields: list[Json]) -> Any:
    """Return the first value that can be read, or None."""
    values = (_value(field) for field in fields)
    return next((value for value in values if value is not None), None)


def _value(field: Json) -> Any:
    """Return the value of a field by its type, or None if it is not set or not as it should be."""
    value = field.get("value")
    if value is None:
        return None
    config = field.get("type_config")
    read: _Reader = _READERS.get(str(field.get("type")), _scalar)
    return read(value, config if isinstance(config, dict) else {})


def _objects(value: Any) -> list[Json]:
    """Return the objects of an array, and none of what is no array."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _finite(value: Any) -> bool:
    """Return whether a value is a number that JSON can hold; true and false are none."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _scalar(value: Any, _config: Json) -> str | float | bool | None:
    return value if isinstance(value, str | bool) or _finite(value) else None


def _text(value: Any, _config: Json) -> str | None:
    return str(value) if isinstance(value, str) or _finite(value) else None


def _number(value: Any, _config: Json) -> float | None:
    """Return a number; whole numbers beyond 2**53 would lose digits on the way over a float."""
    if isinstance(value, str):
        value = _whole(value) or parse_number(value)
    return value if _finite(value) else None


def _whole(text: str) -> int | None:
    try:
        return int(text)
    except ValueError:
        return None


def _checkbox(value: Any, _config: Json) -> bool | None:
    """Return whether a box is checked: ClickUp sends the same as a boolean, a text or a number."""
    return {"true": True, "1": True, "false": False, "0": False}.get(str(value).lower())


def _date(value: Any, _config: Json) -> str | None:
    return to_iso_timestamp(value) if isinstance(value, str) or _finite(value) else None


def _place(value: Any, config: Json) -> str | None:
    return _text(value.get("formatted_address"), config) if isinstance(value, dict) else None


def _option(value: Any, config: Json) -> str | None:
    """Return the name of the chosen option, by its id or its place; 0 is the first, not none."""
    key = _key(value)
    if key is None:
        return None
    for by in ("id", "orderindex"):
        if key in (options := _labels_by(by, config, label="name")):
            return options[key]
    return key


def _labels(value: Any, config: Json) -> list[str] | None:
    options = _labels_by("id", config, label="label")
    return _all(value, lambda item: options.get(key, key) if (key := _key(item)) else None)


def _labels_by(key: str, config: Json, *, label: str) -> dict[str, str]:
    """Return the labels of a field's options by their id or their place; the first one counts."""
    options = reversed(_objects(config.get("options")))
    pairs = ((_key(option.get(key)), option.get(label)) for option in options)
    return {at: text for at, text in pairs if at is not None and isinstance(text, str)}


def _ids(value: Any, _config: Json) -> list[str] | None:
    """Return the ids of people or tasks; their names and e-mail addresses stay behind."""
    return _all(value, lambda item: _key(item.get("id") if isinstance(item, dict) else item))


def _all(value: Any, read: Callable[[Any], str | None]) -> list[str] | None:
    """Return every item as text, or None if one cannot be read: half a list would be wrong."""
    if not isinstance(value, list):
        return None
    texts = [text for item in value if (text := read(item)) is not None]
    return texts if len(texts) == len(value) else None


def _key(value: Any) -> str | None:
    """Return an id or a place as text, or None if it is neither."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return None if isinstance(value, float) else _text(value, {}) or None


def _percent(value: Any, config: Json) -> float | None:
    """Return how much is done in percent, as told or reckoned from where it began and will end."""
    if not isinstance(value, dict):
        return None
    if (told := _number(value.get("percent_complete"), config)) is not None:
        return told
    current = _number(value.get("current"), config)
    start = _number(config.get("start"), config) or 0
    end = _number(config.get("end"), config)
    end = FULL if end is None else end
    if current is None or start == end:
        return None
    try:
        percent = float((current - start) * FULL / (end - start))
    except OverflowError:
        return None
    return _number(int(percent) if percent.is_integer() else percent, config)


_READERS: Mapping[str, _Reader] = {
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
    "location": _place,
    **dict.fromkeys(("short_text", "text", "url", "email", "phone"), _text),
}
