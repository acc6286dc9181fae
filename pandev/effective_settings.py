"""Every setting of the plugins and of `pandev worklogs`: its value, and where that comes from.

In a Meltano project the values are those that Meltano would give the plugins; elsewhere those of
the environment and of `.env`. A secret's value is never returned.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from clickup_receiver.cli import receiver
from clickup_receiver.meltano_project import PANDEV, RECEIVER, TAP, TARGET
from pandev.meltano_files import find_heirs, find_setting, find_variable
from pandev.worklog_options import PREFIX, worklog_settings
from plugin_settings.env_file import is_inherited
from tap_clickup.settings import CONFIG_SCHEMA as TAP_SCHEMA
from target_pandev.settings import CONFIG_SCHEMA as TARGET_SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from clickup_receiver.meltano_project import MeltanoProject

Source = Literal["environment", ".env", "meltano.yml", "default", "not set"]
SDK_SETTINGS: Final = (
    "stream_maps",
    "stream_map_config",
    "faker_config",
    "flattening_enabled",
    "flattening_max_depth",
    "flattening_max_key_length",
    "flattening_separator",
)
"""Settings that the Singer SDK adds to every plugin, and to its schema once the plugin is used."""
WEBHOOKS: Final = "webhooks"
"""A setting of the receiver that is not an option: webhooks with their secrets."""
LOG_LEVEL: Final = "loglevel"
"""A variable of the Singer SDK that every plugin reads: TAP_CLICKUP_LOGLEVEL."""


@dataclass(frozen=True)
class Setting:
    """A setting of a plugin. The value of a secret is None, whether it is set or not."""

    plugin: str
    name: str
    value: Any
    source: Source
    is_secret: bool = False

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return variable_name(self.plugin, self.name)

    @property
    def is_set(self) -> bool:
        """Whether it has a value, be it its default."""
        return self.source != "not set"


@dataclass(frozen=True)
class Definition:
    """A setting that a plugin has."""

    name: str
    default: Any
    is_secret: bool = False


def variable_name(plugin: str, setting: str) -> str:
    """Return the environment variable of a plugin's setting."""
    return f"{plugin}_{setting}".replace("-", "_").upper()


def read_all_settings(project: MeltanoProject | None) -> list[Setting]:
    """Return the settings of all plugins. Raises `ConfigurationError`."""
    if project:
        project.read_all(*DEFINITIONS)
    return [
        setting
        for plugin, definitions in DEFINITIONS.items()
        for setting in _read_plugin(project, plugin, definitions)
    ]


def find_unknown_variables(project: MeltanoProject | None) -> list[str]:
    """Return the variables that look like a setting of a plugin, and that no plugin reads.

    Those with two underscores are Meltano's own, such as TAP_CLICKUP__SELECT.
    """
    names = {plugin: plugin for plugin in DEFINITIONS}
    if project:
        names |= {heir: plugin for plugin in DEFINITIONS for heir in find_heirs(project, plugin)}
    known = {
        variable_name(name, setting)
        for name, plugin in names.items()
        for setting in (*(item.name for item in DEFINITIONS[plugin]), *SDK_SETTINGS, LOG_LEVEL)
    }
    plugins = DEFINITIONS.keys() - {PANDEV}
    prefixes = (PREFIX, *(variable_name(plugin, "") for plugin in plugins))
    return sorted(
        variable
        for variable in os.environ
        if variable.startswith(prefixes) and variable not in known and "__" not in variable
    )


def _read_plugin(
    project: MeltanoProject | None, plugin: str, definitions: Iterable[Definition]
) -> Iterator[Setting]:
    given = (project.read_settings(plugin) if project else None) or {}
    for definition in definitions:
        source = _find_source(project, plugin, definition, given)
        value = None
        if not definition.is_secret:
            value = _value(plugin, definition, given, source)
        yield Setting(plugin, definition.name, value, source, definition.is_secret)
    for name in SDK_SETTINGS:
        if given.get(name) is not None:
            yield Setting(plugin, name, given[name], "meltano.yml")


def _find_source(
    project: MeltanoProject | None,
    plugin: str,
    definition: Definition,
    given: Mapping[str, Any],
) -> Source:
    variable = variable_name(plugin, definition.name)
    if project and find_variable(project, variable, plugin):
        return "meltano.yml"
    if variable in os.environ:
        return "environment" if is_inherited(variable) else ".env"
    value = given.get(definition.name, definition.default)
    if project and find_setting(project, definition.name, plugin):
        return "meltano.yml"
    if value is None:
        return "not set"
    return "default" if str(value) == str(definition.default) else "meltano.yml"


def _value(plugin: str, definition: Definition, given: Mapping[str, Any], source: Source) -> Any:
    """Return the value as Meltano has it, or else as the variable has it."""
    if definition.name in given or source not in {"environment", ".env"}:
        return given.get(definition.name, definition.default)
    text = os.environ[variable_name(plugin, definition.name)]
    try:
        return text if isinstance(definition.default, str) else json.loads(text)
    except ValueError:
        return text


def _from_schema(schema: Mapping[str, Any]) -> tuple[Definition, ...]:
    return tuple(
        Definition(name, setting.get("default"), bool(setting.get("secret")))
        for name, setting in schema["properties"].items()
        if name not in SDK_SETTINGS
    )


def _from_options() -> tuple[Definition, ...]:
    """Return the receiver's settings; the default of its data directory is this machine's."""
    definitions = []
    for option in receiver.params:
        if option.name not in {"version", "help", "config"}:
            default = option.default() if callable(option.default) else option.default
            if isinstance(default, Path):
                default = str(default)
            is_known = isinstance(default, str | int)
            definitions.append(Definition(str(option.name), default if is_known else None))
    return (*definitions, Definition("config", "ENV"), Definition(WEBHOOKS, None, is_secret=True))


DEFINITIONS: Final = {
    TAP: _from_schema(TAP_SCHEMA),
    TARGET: _from_schema(TARGET_SCHEMA),
    RECEIVER: _from_options(),
    PANDEV: tuple(Definition(name, default) for name, default in worklog_settings().items()),
}
"""The settings of each plugin, in the order in which they are shown."""
