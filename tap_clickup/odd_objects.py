"""Count and name what of ClickUp's objects could not be read in a run: never a value. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TypeAlias

from tap_clickup.errors import OddFieldError, unexpected_shape_error

MAX_NAMED = 20
"""How many objects are named for each field; the others are only counted."""

_Names: TypeAlias = "defaultdict[tuple[str, str], dict[str, None]]"


@dataclass(frozen=True)
class OddObjects:
    """The odd objects of one run. Threads may add to it; what is read twice is counted once.

    An object is named by its stream and its id, or by where it was if it has no readable id.
    """

    _objects: _Names = field(default_factory=lambda: defaultdict(dict))
    _fields: _Names = field(default_factory=lambda: defaultdict(dict))

    def add_object(self, stream: str, name: str, error: Exception) -> None:
        """Add an object that was left out because of an error in its conversion."""
        reason = f"the field {error} cannot be read"
        if not isinstance(error, OddFieldError):
            reason = str(unexpected_shape_error(error))
        self._objects[stream, reason].setdefault(name)

    def add_field(self, stream: str, name: str, field_name: str) -> None:
        """Add a field of an object that was read without it."""
        self._fields[stream, field_name].setdefault(name)

    @property
    def left_out(self) -> list[tuple[str, str]]:
        """The objects that were left out, each with the reason."""
        return [
            (_describe(stream, names), f"left out: {reason}")
            for (stream, reason), names in sorted(self._objects.items())
        ]

    @property
    def notes(self) -> list[str]:
        """A line for each field that could not be read."""
        return [
            f"{_describe(stream, names)}: the field {field_name} cannot be read, or is "
            "implausible, and is left out"
            for (stream, field_name), names in sorted(self._fields.items())
        ]


def _describe(stream: str, names: dict[str, None]) -> str:
    """Return the stream and the first names, in the order in which they were read."""
    listed = ", ".join(list(names)[:MAX_NAMED])
    omitted = len(names) - MAX_NAMED
    return f"{stream} {listed} and {omitted:,} more" if omitted > 0 else f"{stream} {listed}"
