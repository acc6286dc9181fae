"""Workarounds for the Singer SDK, checked against singer-sdk 0.54.9.

Each one replaces a method that the SDK offers no setting for. With another version of the SDK
compare them with the methods they replace. (`TapClickUp.sync_all` and `run_connection_test`, which
the SDK declares final, only run before and after the SDK's own.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk.plugin_base import JSONSchemaValidator

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jsonschema import ValidationError


def validation_errors(schema: dict[str, Any], config: dict[str, Any]) -> Iterable[ValidationError]:
    """Yield the violations of the schema of settings; fill in the defaults of missing settings.

    `PluginBase._validate_config` formats its errors with the invalid values; one may be the token.
    """
    errors: Iterable[ValidationError] = JSONSchemaValidator(schema).iter_errors(config)
    return errors
