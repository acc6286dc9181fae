"""The settings of a Meltano project for commands that need those of all plugins."""

from __future__ import annotations

import logging
from threading import Lock
from typing import TYPE_CHECKING, ClassVar

from clickup_receiver.meltano_project import RECEIVER, TAP, TARGET, settings_folder
from clickup_receiver.project_options import ProjectCommand, find_project
from plugin_settings.env_file import ENV_FILE_NAME, reload_env_file
from tap_clickup.errors import ConfigurationError
from tap_clickup.tap import TapClickUp

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    import click

    from clickup_receiver.meltano_project import Fingerprint


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


class CurrentTapSettings:
    """The settings of tap-clickup for a long run: read again once a file of settings has changed.

    As ever, the environment in which the process was started precedes `.env`.
    """

    def __init__(self, context: click.Context) -> None:
        self._context = context
        self._project = find_project(context)
        self._folder = settings_folder(self._project)
        self._lock = Lock()
        self._version = self._read_version()
        self._settings = read_tap_settings(context)

    def read(self) -> Mapping[str, Any]:
        """Return the settings. Raises `ConfigurationError`."""
        with self._lock:
            version = self._read_version()
            if version != self._version:
                reload_env_file(self._folder, error_type=ConfigurationError)
                self._settings = read_tap_settings(self._context)
                self._version = version
            return self._settings

    def _read_version(self) -> Fingerprint:
        if self._project:
            return self._project.fingerprint()
        file = self._folder / ENV_FILE_NAME
        if not file.exists():
            return ()
        status = file.stat()
        return ((str(file), status.st_mtime_ns, status.st_size),)


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
