"""The part of a tap or target that reads its settings, with one line for each error.

The SDK logs a traceback for a file that is missing or broken, and for text that is not a number.
Checked against singer-sdk 0.54.9.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk.configuration._dict_config import parse_environment_config
from singer_sdk.helpers._classproperty import classproperty
from singer_sdk.helpers._typing import is_boolean_type, is_string_array_type, is_string_type
from singer_sdk.plugin_base import JSONSchemaValidator, PluginBase

from plugin_settings.env_file import load_env_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import click
    from jsonschema import ValidationError
    from singer_sdk.plugin_base import _ConfigInput

ENVIRONMENT = "ENV"
"""The value of `--config` for environment variables and `.env`."""
BOOLEANS = {
    **dict.fromkeys(("true", "1", "yes", "on"), True),
    **dict.fromkeys(("false", "0", "no", "off"), False),
}
"""The values of a boolean setting in the environment, in lower case."""
LOG_LEVEL = "loglevel"
"""A variable of the SDK that is not a setting: TAP_CLICKUP_LOGLEVEL."""
SHARE = {
    "type": ["number", "string"],  # from the environment it is text, and by Meltano too
    "minimum": 0,
    "maximum": 1,
    "pattern": r"^(0|1|1\.0+|0?\.[0-9]+)$",
}
"""The JSON schema of a setting that is a share, from 0 to 1."""
UNREADABLE_ERRORS = (OSError, TypeError, ValueError)
"""Raised by the SDK for a file that is missing, a folder, not JSON, or not an object."""


class StrictPlugin(PluginBase):
    """Reads the files passed as `--config`, and the environment. Raises an `error_type`."""

    error_type: ClassVar[type[Exception]]
    """The plugin's own error for an invalid setting."""

    @classmethod
    def cb_config(
        cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]
    ) -> _ConfigInput:
        """Read the files passed as `--config`; ENV includes `.env`."""
        if ENVIRONMENT in value:
            load_env_file(error_type=cls.error_type)
        try:
            return super().cb_config(ctx, param, value)
        except UNREADABLE_ERRORS:
            raise cls.error_type(
                f"--config {', '.join(value)}: expected ENV or a readable file with a JSON object"
            ) from None

    @classproperty
    def _env_var_config(cls) -> dict[str, Any]:  # noqa: N805 - as in the SDK
        cls.append_builtin_config(cls.config_jsonschema)
        prefix = cls._env_var_prefix
        for variable in _find_unknown(cls.config_jsonschema, prefix):
            cls.logger.warning("%s has no effect: no setting has that name", variable)
        return _parse_environment(cls.config_jsonschema, prefix, cls.error_type)

    def find_invalid_settings(self) -> Iterable[ValidationError]:
        """Yield the violations of the schema of settings; fill in the defaults of missing settings.

        `PluginBase._validate_config` formats its errors with the invalid values; one may be a
        token or a password.
        """
        self.append_builtin_config(self.config_jsonschema)
        errors: Iterable[ValidationError] = JSONSchemaValidator(self.config_jsonschema).iter_errors(
            self._config
        )
        return errors


def _find_unknown(schema: Mapping[str, Any], prefix: str) -> list[str]:
    """Return the variables with the plugin's prefix that are not settings, such as misspelt ones.

    Those with two underscores are Meltano's.
    """
    known = {prefix + name.upper() for name in (*schema["properties"], LOG_LEVEL)}
    return sorted(
        variable
        for variable in os.environ
        if variable.startswith(prefix)
        and not variable.startswith(f"{prefix}_")
        and variable not in known
    )


def _parse_environment(
    schema: Mapping[str, Any], prefix: str, error_type: type[Exception]
) -> dict[str, Any]:
    """Return the settings in the environment. Raises an `error_type` that names invalid ones.

    An empty variable counts as not set, unless its setting is a text.
    """
    config: dict[str, Any] = {}
    invalid = []
    for name, setting in schema["properties"].items():
        variable = prefix + name.upper()
        text = os.environ.get(variable)
        if text is None or not (text.strip() or is_string_type(setting)):
            continue
        try:
            config[name] = _parse_variable(variable, text, setting)
        except LookupError:
            invalid.append(f"{variable}: expected true or false")
        except ValueError:
            invalid.append(f"{variable}: expected a number or JSON")
    if invalid:
        raise error_type("; ".join(invalid))
    return config


def _parse_variable(variable: str, text: str, setting: dict[str, Any]) -> Any:
    """Return the value of a setting. Raises `LookupError` or `ValueError` if it is invalid.

    The SDK takes any text but true, 1, yes and on for false, and a single id for a number.
    """
    if is_boolean_type(setting):
        return BOOLEANS[text.strip().lower()]
    if is_string_array_type(setting) and not text.lstrip().startswith("["):
        return [item.strip() for item in text.split(",")]
    schema = {"properties": {variable: setting}}
    return parse_environment_config(schema, prefix="", dotenv_path=os.devnull)[variable]
