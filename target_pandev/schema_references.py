"""Resolve the references of a JSON Schema as far as columns depend on them. Pure."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

MAX_REFERENCES = 32
"""References that are followed one after another; a schema may refer to itself."""
ALTERNATIVES = ("anyOf", "oneOf")


def resolve_properties(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the properties of a schema with the references at their top resolved.

    Deeper nesting does not matter for a column, and may be endless: a few references that
    each occur twice stand for millions of objects.
    """
    return {
        name: _resolve(schema, property_schema)
        for name, property_schema in schema.get("properties", {}).items()
    }


def _resolve(schema: dict[str, Any], part: Any) -> dict[str, Any]:
    """Return a part of a schema with its reference, and those of its alternatives, replaced."""
    resolved = _follow(schema, part)
    for keyword in ALTERNATIVES:
        alternatives = resolved.get(keyword)
        if isinstance(alternatives, list):
            followed = [_follow(schema, alternative) for alternative in alternatives]
            resolved = {**resolved, keyword: followed}
    return resolved


def _follow(schema: dict[str, Any], part: Any) -> dict[str, Any]:
    for _ in range(MAX_REFERENCES):
        if not isinstance(part, dict) or not isinstance(reference := part.get("$ref"), str):
            break
        part = _find(schema, reference)
    return part if isinstance(part, dict) else {}


def _find(schema: dict[str, Any], reference: str) -> Any:
    """Return what a reference within the schema points to, or None.

    https://www.rfc-editor.org/rfc/rfc6901
    """
    node: Any = schema if reference.startswith("#") else None
    for part in reference.removeprefix("#").split("/")[1:]:
        name = unquote(part).replace("~1", "/").replace("~0", "~")
        if isinstance(node, list) and name.isdecimal() and int(name) < len(node):
            node = node[int(name)]
        else:
            node = node.get(name) if isinstance(node, dict) else None
    return node
