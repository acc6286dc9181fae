"""Describe violations of a JSON Schema without the values that violate it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jsonschema import ValidationError

PROPERTY_RULES = {"required", "additionalProperties", "dependentRequired"}
"""Rules whose messages name properties and no values."""


def describe_violation(error: ValidationError) -> str:
    """Return what the schema expects, or the name of the violated rule."""
    if error.validator in PROPERTY_RULES:
        return str(error.message)
    if error.validator == "type":
        types: Any = error.validator_value
        return f"expected {types if isinstance(types, str) else ' or '.join(types)}"
    return f"violates the rule {error.validator} of its schema"
