"""Workarounds for the Singer SDK, checked against singer-sdk 0.54.9.

With another version of the SDK compare them with the methods they replace.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk import Tap
from singer_sdk.plugin_base import JSONSchemaValidator

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jsonschema import ValidationError


def print_about(tap: type[Tap], *, about: bool, about_format: str | None) -> None:
    """Print the description of the plugin and exit, if `about`.

    This is `PluginBase.invoke`. `Tap.invoke`, which extends it, creates and runs a tap without
    returning it, and tap-ide has to log the failures of that tap afterwards.
    """
    super(Tap, tap).invoke(about=about, about_format=about_format)


def validation_errors(schema: dict[str, Any], config: dict[str, Any]) -> Iterable[ValidationError]:
    """Yield the violations of the schema of settings; fill in the defaults of missing settings.

    `PluginBase._validate_config` formats its errors with the invalid values; one may be a token.
    """
    errors: Iterable[ValidationError] = JSONSchemaValidator(schema).iter_errors(config)
    return errors
