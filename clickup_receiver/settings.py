"""The settings of the receiver, and what is opened with them."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clickup_receiver.inbox.inbox import Inbox, InboxError
from clickup_receiver.meltano_jobs import SWEEP_TAP, TRIGGER_VARIABLE, find_job_command
from clickup_receiver.meltano_project import (
    PROJECT_FILE,
    RECEIVER,
    TAP,
    TARGET,
    MeltanoProject,
    build_environment,
    settings_folder,
)
from clickup_receiver.schedule.scheduler import POLL, SWEEP
from clickup_receiver.webhooks.secret_store import (
    SECRETS_FILE_NAME,
    EnvironmentSecretStore,
    FileSecretStore,
)
from plugin_settings.env_file import load_env_file
from plugin_settings.plugin import ENVIRONMENT, UNREADABLE_ERRORS
from tap_clickup.errors import ConfigurationError
from tap_clickup.tap import TapClickUp

if TYPE_CHECKING:
    from datetime import time

    from clickup_receiver.webhooks.secret_store import SecretStore

logger = logging.getLogger("clickup-receiver")


@dataclass(frozen=True)
class Settings:
    """The settings of the receiver. Those of the tap are read again whenever they are needed."""

    data_dir: Path
    host: str
    port: int
    metrics_port: int
    webhook_url: str | None
    target_command: str
    poll_command: str | None
    sweep_command: str | None
    sweep_time: time
    poll_minutes: int
    watch_minutes: int
    inbox_limit_mib: int
    config: tuple[str, ...]
    webhooks: str | None = field(default=None, repr=False)
    project: MeltanoProject | None = None

    def make_tap(self) -> TapClickUp:
        """Return a tap with the current settings in its files, its environment and `meltano.yml`.

        A value in `.env` takes precedence over the environment that this process was started with,
        so that a token that is replaced there takes effect. Raises `ConfigurationError`.
        """
        files: Any = [Path(name) for name in self.config if name != ENVIRONMENT]
        has_environment = ENVIRONMENT in self.config
        if has_environment:
            self._load_env_file()
            if not files and self.project and (config := self.project.read_settings(TAP)):
                return TapClickUp(config=config)
        try:
            return TapClickUp(config=files, parse_env_config=has_environment)
        except UNREADABLE_ERRORS:
            raise ConfigurationError(
                f"config {', '.join(self.config)}: expected ENV or a readable file with a JSON "
                "object"
            ) from None

    def read_commands(self) -> dict[str, str | None]:
        """Return the poll and the sweep: where they are not set, jobs of the Meltano project.

        With an empty `poll_command`, only what is set. A job reads no JSON file, so there is none
        by default with such settings: it could act on another selection.
        Raises `ConfigurationError`.
        """
        poll, sweep = self.poll_command, self.sweep_command
        if self.project and poll != "" and self.config == (ENVIRONMENT,):
            poll = self._find_job(POLL, TAP) if poll is None else poll
            sweep = self._find_job(SWEEP, SWEEP_TAP) if sweep is None else sweep
        return {POLL: poll, SWEEP: sweep}

    def _find_job(self, setting: str, tap: str) -> str | None:
        command = find_job_command(self.project, tap) if self.project else None
        logger.info("%s: %s", setting, command or f"{PROJECT_FILE} has no job of {tap}")
        return command

    def read_environment(self) -> dict[str, str]:
        """Return the environment for the poll and the sweep, with what `.env` sets by now.

        Meltano would prefer the token that this process was started with. Raises
        `ConfigurationError`.
        """
        if ENVIRONMENT in self.config:
            self._load_env_file()
        return {**os.environ, TRIGGER_VARIABLE: RECEIVER}

    def _load_env_file(self) -> None:
        load_env_file(settings_folder(self.project), error_type=ConfigurationError, override=True)

    def read_target_settings(self) -> dict[str, str]:
        """Return target-pandev's settings in `meltano.yml`. Raises `ConfigurationError`."""
        settings = self.project.read_settings(TARGET) if self.project else None
        return build_environment(TARGET, settings or {})

    def read_project(self) -> None:
        """Read the settings of both plugins at once, which takes less time than in turn."""
        if self.project:
            self.project.read_all(TAP, TARGET)

    def open_inbox(self) -> Inbox:
        """Return the inbox. Raises `InboxError`."""
        limit_bytes = self.inbox_limit_mib * 2**20
        return Inbox(self._inbox_path, limit_bytes=limit_bytes)

    def open_existing_inbox(self) -> Inbox:
        """Return the inbox of the receiver. Raises `InboxError` instead of creating it."""
        if not self._inbox_path.exists():
            raise InboxError(
                f"inbox {self._inbox_path}: does not exist; set data_dir as for the receiver"
            )
        return self.open_inbox()

    @property
    def _inbox_path(self) -> Path:
        return self.data_dir / "inbox.sqlite"

    def open_secret_store(self) -> SecretStore:
        """Return the store of the webhooks' secrets. Raises `ConfigurationError`."""
        if self.webhooks:
            return EnvironmentSecretStore(self.webhooks, setting="CLICKUP_RECEIVER_WEBHOOKS")
        return FileSecretStore(self.data_dir / SECRETS_FILE_NAME)
