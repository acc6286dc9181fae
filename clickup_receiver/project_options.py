"""Options of a command that take what `meltano.yml` sets, where nothing else sets them."""

from __future__ import annotations

from typing import Any

import click

from clickup_receiver.meltano_project import PANDEV, RECEIVER, TARGET, MeltanoProject

PLUGINS = {"CLICKUP_RECEIVER_": RECEIVER, "TARGET_PANDEV_": TARGET, "PANDEV_": PANDEV}
META_KEY = f"{__name__}.project"


def find_project(context: click.Context) -> MeltanoProject | None:
    """Return the Meltano project of a command line; it is looked for once."""
    if META_KEY not in context.meta:
        context.meta[META_KEY] = MeltanoProject.find()
    project: MeltanoProject | None = context.meta[META_KEY]
    return project


class ProjectContext(click.Context):
    """A context in which options default to the settings of the Meltano project, if there is one.

    The command line, the environment and `.env` take precedence, as they do for Meltano.
    """

    def lookup_default(self, name: str, call: bool = True) -> Any:  # noqa: FBT001, FBT002 - click's signature
        """Return the project's value of the setting that an option's variable names."""
        option = next((option for option in self.command.params if option.name == name), None)
        if call and option and (value := self._project_value(option)) is not None:
            is_list = getattr(option, "multiple", False) and isinstance(value, str)
            return option.type.split_envvar_value(value) if is_list else value
        return super().lookup_default(name, call)  # type: ignore[call-overload]

    def _project_value(self, option: click.Parameter) -> Any:
        """Return the project's value of an option's setting; None if it has none."""
        variable = option.envvar
        if not isinstance(variable, str):
            variable = f"{self.auto_envvar_prefix}_{option.name.upper()}"
        for prefix, plugin in PLUGINS.items():
            if variable.startswith(prefix) and (project := find_project(self)):
                settings = project.read_settings(plugin) or {}
                return settings.get(variable.removeprefix(prefix).lower())
        return None


class ProjectCommand(click.Command):
    """A command with a `ProjectContext`."""

    context_class = ProjectContext


class ProjectGroup(click.Group):
    """A group with a `ProjectContext`, as have its commands."""

    context_class = ProjectContext
    command_class = ProjectCommand
    group_class = type
