"""Pure: compares the shapes of JSON values, that is their keys and types, never their values."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet

TYPES = {
    type(None): "null",
    bool: "boolean",
    int: "integer",
    float: "fraction",
    str: "text",
    list: "array",
    dict: "object",
}


class Shape:
    """What some JSON values look like together.

    `types` maps a path such as `.list.id` or `.tags[].name` to the JSON types seen there, `always`
    the path of an object to the keys that no such object lacked.
    """

    def __init__(self, values: Iterable[Any]) -> None:
        self.types: dict[str, set[str]] = defaultdict(set)
        self.always: dict[str, set[str]] = {}
        for value in values:
            self._add(value, "")

    def _add(self, value: Any, path: str) -> None:
        self.types[path].add(TYPES[type(value)])
        if isinstance(value, dict):
            self.always[path] = self.always.get(path, set(value)) & set(value)
            for key, inside in value.items():
                self._add(inside, f"{path}.{key}")
        if isinstance(value, list):
            for inside in value:
                self._add(inside, f"{path}[]")


def differences(
    ours: Shape, *, known: Shape, required: Shape, accepted: AbstractSet[tuple[str, str]]
) -> list[str]:
    """Return where our shape leaves what is known, or lacks what is required.

    `accepted` are pairs of path and type that hold although nobody recorded them.
    """
    strange = [
        f"{path or 'the answer'} is {kind}, known as {sorted(known.types.get(path, ()))}"
        for path, kinds in ours.types.items()
        for kind in sorted(kinds)
        if kind not in known.types.get(path, ()) and (path, kind) not in accepted
    ]
    lacking = [
        f"{path}.{key} is always there, but not in ours"
        for path, keys in required.always.items()
        for key in sorted(keys - ours.always.get(path, keys))
    ]
    return strange + lacking
