"""Shapes of JSON values: their keys, nesting and types, never their values.

`tests/fixtures/shapes` has the shapes of recorded ClickUp payloads, so that tests need no
recordings. Where a folder of recordings is next to the repository, tests check that the fixtures
are current; `python -m tests.support.shapes` derives them again.

A shape is JSON: an object is one with the same keys, an array is the list of the distinct shapes of
its elements, and every other value is the name of its JSON type. Keys that are ids are replaced by
`<id>`, `<id 2>` and so on.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Set as AbstractSet

FIXTURES = Path(__file__).parents[1] / "fixtures" / "shapes"
RECORDINGS = Path(__file__).parents[3] / "shared" / "clickup-api" / "recordings"
SOURCES = ("fixture", "recording") if RECORDINGS.is_dir() else ("fixture",)
FOLDERS = (
    "errors",
    "folders",
    "list_tasks",
    "lists",
    "spaces",
    "task",
    "team_tasks",
    "teams",
    "time_entries",
    "time_in_status",
    "user",
    "webhook_crud",
)
"""Folders of recordings, in addition to those of webhook deliveries, one per event."""
DELIVERIES = "webhook-"
REFERENCE = RECORDINGS.parent / "openapi-v2.json"
DOCUMENTED = {
    "task_types": "/v2/team/{team_id}/custom_item",
    "groups": "/v2/group",
    "folders": "/v2/space/{space_id}/folder",
}
"""Paths of which no response was recorded: the examples in ClickUp's reference have the shape."""
FIRST_DATE_MS = 1_772_600_000_000
"""A date for the first string of a sample: any string may be a date in milliseconds."""
TYPE_NAMES = {
    type(None): "null",
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
}


def derive_shape(value: Any) -> Any:
    """Return the shape of a JSON value."""
    if isinstance(value, dict):
        names: set[str] = set()
        shapes: dict[str, Any] = {}
        for key, inner in value.items():
            shape = derive_shape(inner)
            if _is_name(key):
                shapes[key] = shape
            elif json.dumps(shape) not in names:
                names.add(json.dumps(shape))
                shapes["<id>" if len(names) == 1 else f"<id {len(names)}>"] = shape
        return shapes
    if isinstance(value, list):
        distinct = {json.dumps(shape): shape for shape in map(derive_shape, value)}
        return list(distinct.values())
    return TYPE_NAMES[type(value)]


def _is_name(key: str) -> bool:
    return not any(character.isdigit() for character in key) and key.isidentifier()


def sample_value(shape: Any) -> Any:
    """Return a value of a shape; its strings and integers are distinct, and valid ids and dates."""
    return _sample(shape, count(1))


def _sample(shape: Any, numbers: Iterator[int]) -> Any:
    if isinstance(shape, dict):
        return {key: _sample(inner, numbers) for key, inner in shape.items()}
    if isinstance(shape, list):
        return [_sample(inner, numbers) for inner in shape]
    number = next(numbers)
    values = {"null": None, "boolean": True, "integer": number, "number": number + 0.5}
    return values.get(shape, str(FIRST_DATE_MS + number))


def recorded_shape(place: str) -> Any:
    """Return the shape of a recording, such as `team_tasks/docs_example`."""
    folder, name = place.split("/")
    return json.loads(_fixture(folder).read_text(encoding="utf-8"))[folder][name]


def recorded_value(place: str, source: str) -> Any:
    """Return a recording, or a sample of its shape if the source is `fixture`."""
    if source == "fixture":
        return sample_value(recorded_shape(place))
    return _read_recording(RECORDINGS / f"{place}.json")


def documented_shape(name: str) -> Any:
    """Return the shape of an example in ClickUp's reference, one of `DOCUMENTED`."""
    return json.loads(_fixture("documented").read_text(encoding="utf-8"))["documented"][name]


def recorded_deliveries() -> list[str]:
    """Return the places of the webhook deliveries: folders named for their event."""
    shapes = json.loads(_fixture(DELIVERIES).read_text(encoding="utf-8"))
    return [f"{folder}/{name}" for folder in shapes for name in shapes[folder]]


def derive_fixtures() -> dict[Path, dict[str, dict[str, Any]]]:
    """Return what the fixtures should contain, from the recordings: file, folder and name."""
    fixtures: dict[Path, dict[str, dict[str, Any]]] = defaultdict(dict)
    for folder in sorted(path.name for path in RECORDINGS.iterdir()):
        if folder in FOLDERS or (folder.startswith(DELIVERIES) and "signature" not in folder):
            fixtures[_fixture(folder)][folder] = {
                path.stem: derive_shape(_read_recording(path))
                for path in sorted((RECORDINGS / folder).glob("*.json"))
                if not path.name.endswith(".http.json")
            }
    fixtures[_fixture("documented")]["documented"] = {
        name: derive_shape(_read_example(path)) for name, path in DOCUMENTED.items()
    }
    return dict(fixtures)


def _read_example(path: str) -> Any:
    """Return the first example of a response in ClickUp's reference."""
    operation = _read_recording(REFERENCE)["paths"][path]["get"]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    return schema["examples"][0]


def _fixture(folder: str) -> Path:
    name = "webhook_deliveries" if folder.startswith(DELIVERIES) else folder
    return FIXTURES / f"{name}.json"


def _read_recording(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


class ShapeSummary:
    """Summary of several shapes.

    `types` maps a path such as `.list.id` or `.tags[].name` to the JSON types seen there, and
    `required_keys` maps the path of an object to the keys that all objects there have.
    """

    def __init__(self, shapes: Iterable[Any]) -> None:
        self.types: dict[str, set[str]] = defaultdict(set)
        self.required_keys: dict[str, set[str]] = {}
        for shape in shapes:
            self._add(shape, "")

    def _add(self, shape: Any, path: str) -> None:
        if isinstance(shape, dict):
            self.types[path].add("object")
            self.required_keys[path] = self.required_keys.get(path, set(shape)) & set(shape)
            for key, inner in shape.items():
                self._add(inner, f"{path}.{key}")
        elif isinstance(shape, list):
            self.types[path].add("array")
            for inner in shape:
                self._add(inner, f"{path}[]")
        else:
            self.types[path].add(shape)


def shape_differences(
    ours: ShapeSummary,
    *,
    known: ShapeSummary,
    required: ShapeSummary,
    accepted: AbstractSet[tuple[str, str]],
) -> list[str]:
    """Return the types of ours that are not known, and the required keys that ours lacks.

    `accepted` has pairs of path and type that are valid although no recording has them.
    """
    unknown_types = [
        f"{path or 'the response'} is {kind}, known as {sorted(known.types.get(path, ()))}"
        for path, kinds in ours.types.items()
        for kind in sorted(kinds)
        if kind not in known.types.get(path, ()) and (path, kind) not in accepted
    ]
    missing_keys = [
        f"{path}.{key} is always in the recordings, but not in ours"
        for path, keys in required.required_keys.items()
        for key in sorted(keys - ours.required_keys.get(path, keys))
    ]
    return unknown_types + missing_keys


def main() -> None:
    """Derive the fixtures from the recordings."""
    FIXTURES.mkdir(parents=True, exist_ok=True)
    for path, shapes in derive_fixtures().items():
        path.write_text(json.dumps(shapes, indent=1) + "\n", encoding="utf-8")
        sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main()
