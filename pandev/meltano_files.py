"""Where a Meltano project's files set a setting. It does not know what the setting means.

Measured with Meltano 4.4: a variable in an `env:` of these files, be it of the project, of the
environment or of a plugin, takes precedence over the process's environment and over `.env`. The
`config:` of a plugin does not, but that of a plugin which inherits from it does.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from clickup_receiver.meltano_project import MeltanoProject


@dataclass(frozen=True)
class PluginEntry:
    """What a file says about a plugin, for all environments or for the current one."""

    file: Path
    name: str
    parent: str | None
    config: dict[str, Any]
    env: dict[str, Any]
    select: list[str] | None


def find_variable(project: MeltanoProject, variable: str, plugin: str) -> str | None:
    """Return where an `env:` sets a variable for a plugin, such as "meltano.yml, env"."""
    for file, content in project.read_files().items():
        if variable in _mapping(content, "env"):
            return f"{file.name}, env"
        for environment in _environments(project, content):
            if variable in _mapping(environment, "env"):
                return f"{file.name}, env of the environment {environment['name']}"
    for entry in _plugins(project):
        if variable in entry.env and plugin in {entry.name, entry.parent}:
            return f"{entry.file.name}, env of {entry.name}"
    return None


def find_setting(project: MeltanoProject, setting: str, plugin: str) -> str | None:
    """Return the file whose `config:` sets a setting of a plugin."""
    for entry in _plugins(project):
        if entry.name == plugin and setting in entry.config:
            return entry.file.name
    return None


def find_select(project: MeltanoProject, plugin: str) -> list[str] | None:
    """Return the patterns of the streams and fields that a tap emits; None if all of them are."""
    given = os.environ.get(f"{plugin}__select".replace("-", "_").upper())
    if given:
        patterns: list[str] = json.loads(given)
        return patterns
    selects = [entry.select for entry in _plugins(project) if entry.name == plugin and entry.select]
    return selects[-1] if selects else None


def find_heirs(project: MeltanoProject, plugin: str) -> list[str]:
    """Return the plugins that inherit from a plugin."""
    return sorted({entry.name for entry in _plugins(project) if entry.parent == plugin})


def find_overriding_heirs(project: MeltanoProject, setting: str, plugin: str) -> list[str]:
    """Return the plugins that inherit from a plugin and set a setting in their own `config:`."""
    heirs = find_heirs(project, plugin)
    return [heir for heir in heirs if find_setting(project, setting, heir)]


def _plugins(project: MeltanoProject) -> Iterator[PluginEntry]:
    for file, content in project.read_files().items():
        yield from _entries(file, content)
        for environment in _environments(project, content):
            yield from _entries(file, _mapping(environment, "config"))


def _entries(file: Path, content: dict[str, Any]) -> Iterator[PluginEntry]:
    for plugins in _mapping(content, "plugins").values():
        for plugin in plugins or ():
            yield PluginEntry(
                file=file,
                name=str(plugin.get("name")),
                parent=plugin.get("inherit_from"),
                config=_mapping(plugin, "config"),
                env=_mapping(plugin, "env"),
                select=plugin.get("select"),
            )


def _environments(project: MeltanoProject, content: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for environment in content.get("environments") or ():
        if environment.get("name") == project.environment_name:
            yield environment


def _mapping(content: dict[str, Any], key: str) -> dict[str, Any]:
    value = content.get(key)
    return value if isinstance(value, dict) else {}
