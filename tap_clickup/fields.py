"""Read the fields of ClickUp's objects, whatever their values are. Pure.

A field that is missing or null is None. One that has another shape than documented is odd: it is
None too, and named in `odd_fields`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from tap_clickup.conversions import (
    id_to_str,
    parse_boolean,
    parse_number,
    plausible_ms,
    to_iso_timestamp,
)
from tap_clickup.errors import OddFieldError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Json: TypeAlias = "Mapping[str, Any]"
T = TypeVar("T")
NO_DEFAULTS: Json = {}
NOT_AN_OBJECT = "(all of it)"
"""In place of a field's name: the value is not an object."""


class Fields:
    """The fields of one object.

    `defaults` are the values of fields that are missing, null or odd. A first load reads 30 fields
    of each task, so a value of the documented shape is returned before any other is considered.
    """

    __slots__ = ("_defaults", "_path", "odd_fields", "payload")

    def __init__(
        self,
        payload: Any,
        *,
        defaults: Json | None = None,
        parent: Fields | None = None,
        path: str = "",
    ) -> None:
        self.payload: Json = payload
        self.odd_fields: set[str] = set() if parent is None else parent.odd_fields
        self._defaults = defaults or NO_DEFAULTS
        self._path = path
        if not isinstance(payload, dict):
            self.payload = {}
            self.odd_fields.add(path.removesuffix(".") or NOT_AN_OBJECT)

    @classmethod
    def of(cls, item: Any, *, defaults: Json | None = None) -> Fields:
        """Return the fields of a value, which may be `Fields` already."""
        return item if isinstance(item, Fields) else cls(item, defaults=defaults)

    def mark_odd(self, key: str) -> None:
        """Name a field as odd."""
        self.odd_fields.add(self._path + key)

    def is_odd(self, key: str) -> bool:
        """Return whether a field that was read is odd."""
        return self._path + key in self.odd_fields

    @property
    def id(self) -> str | None:
        """The object's id as text, None if it cannot be read."""
        return id_to_str(self.payload.get("id"))

    @property
    def required_id(self) -> str:
        """The object's id as text. Raises `OddFieldError`."""
        if (object_id := self.id) is None:
            raise OddFieldError(f"{self._path}id")
        return object_id

    def required_text(self, key: str) -> str:
        """Return a text that identifies the object. Raises `OddFieldError`."""
        text = _text(self.payload.get(key))
        if text is None:
            raise OddFieldError(f"{self._path}{key}")
        return text

    def text(self, key: str) -> str | None:
        """Return a text; a number becomes one."""
        value = self.payload.get(key)
        return value if isinstance(value, str) else self._read(key, _text)

    def identifier(self, key: str) -> str | None:
        """Return the id of another object as text."""
        return self._read(key, id_to_str)

    def boolean(self, key: str) -> bool | None:
        """Return true or false."""
        value = self.payload.get(key)
        return value if isinstance(value, bool) else self._read(key, parse_boolean)

    def number(self, key: str) -> float | None:
        """Return a finite number, with a fraction if it has one."""
        return self._read(key, parse_number)

    def integer(self, key: str) -> int | None:
        """Return a number without its fraction."""
        return self._read(key, _integer)

    def timestamp(self, key: str) -> str | None:
        """Return a timestamp as ISO 8601 in UTC."""
        return self._read(key, to_iso_timestamp)

    def edit_timestamp(self, key: str) -> str | None:
        """Return a timestamp that orders versions, None outside the plausible years."""
        return self._read(key, _plausible_timestamp)

    def object(self, key: str) -> Fields:
        """Return an object within this one, without any field if it is missing or odd."""
        value = self.payload.get(key)
        return self._inner({} if value is None else value, key)

    def array(self, key: str) -> list[Any]:
        """Return the items of an array as they are, none if it is missing or odd."""
        value = self.payload.get(key)
        if isinstance(value, list):
            return value
        if value is not None:
            self.mark_odd(key)
        return []

    def objects(self, key: str) -> list[Fields]:
        """Return the objects of an array; any other item is left out as odd."""
        items = [self._inner(item, key) for item in self.array(key)]
        return [item for item in items if item.payload]

    def texts(self, key: str, of: str) -> list[str]:
        """Return a text of each object in an array, such as the names of tags.

        ClickUp's documentation shows some of these arrays without the objects: `["bug"]`.
        """
        return self._convert_items(key, of, _text)

    def ids(self, key: str) -> list[str]:
        """Return the id of each object in an array."""
        return self._convert_items(key, "id", id_to_str)

    def _convert_items(self, key: str, of: str, convert: Callable[[Any], str | None]) -> list[str]:
        texts = []
        for item in self.array(key):
            text = convert(item.get(of) if isinstance(item, dict) else item)
            if text is None:
                self.mark_odd(f"{key}.{of}")
            else:
                texts.append(text)
        return texts

    def _inner(self, value: Any, key: str) -> Fields:
        return Fields(value, parent=self, path=f"{self._path}{key}.")

    def _read(self, key: str, convert: Callable[[Any], T | None]) -> T | None:
        value = self.payload.get(key)
        if value is not None and value != "":
            converted = convert(value)
            if converted is not None:
                return converted
            self.mark_odd(key)
        default: T | None = self._defaults.get(key)
        return default


def _text(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value)


def _plausible_timestamp(value: Any) -> str | None:
    return to_iso_timestamp(plausible_ms(value))


def _integer(value: Any) -> int | None:
    number = parse_number(value)
    return None if number is None else int(number)
