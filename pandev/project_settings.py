"""The settings of a Meltano project for commands that need those of all plugins."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, ClassVar

from clickup_receiver.meltano_project import RECEIVER, TAP, TARGET
from clickup_receiver.project_options import ProjectCommand, find_project
from tap_clickup.tap import TapClickUp

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    import click


class AllSettingsCommand(ProjectCommand):
    """A command that reads the settings of several plugins at the same time: each takes seconds."""

    plugins: ClassVar[tuple[str, ...]] = (TAP, TARGET, RECEIVER)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the settings, then parse the command line."""
        is_help = not {*args}.isdisjoint(ctx.help_option_names)
        if not is_help and (project := find_project(ctx)):
            project.read_all(*self.plugins)
        return super().parse_args(ctx, args)


class ClickUpCommand(AllSettingsCommand):
    """A command that asks ClickUp and opens the store, and needs no receiver."""

    plugins = (TAP, TARGET)


def read_tap_settings(context: click.Context) -> Mapping[str, Any]:
    """Return the settings of tap-clickup with their defaults; the token may be missing.

    Raises `ConfigurationError`.
    """
    project = find_project(context)
    settings = project.read_settings(TAP) if project else None
    logger = logging.getLogger(TAP)
    level = logger.level
    logger.setLevel(logging.ERROR)  # a missing token does not matter here
    try:
        tap = TapClickUp(config=settings, parse_env_config=settings is None, validate_config=False)
    finally:
        logger.setLevel(level)
    return tap.config
