"""The settings that a Meltano project gives the plugins of this project.

Meltano passes them only to the processes that it starts itself. The receiver and `pandev`
therefore request them, so that a setting means the same for every process. It does not know what
they mean.
https://docs.meltano.com/reference/command-line-interface#config
"""

from __future__ import annotations

import grp
import json
import os
import pwd
import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import yaml

from clickup_receiver.schedule.commands import OWNER_ONLY_UMASK, split_command
from plugin_settings.env_file import ENV_FILE_NAME, validate_owner
from tap_clickup.errors import ConfigurationError

TAP = "tap-clickup"
TARGET = "target-pandev"
RECEIVER = "clickup-receiver"
PANDEV = "pandev"
PROJECT_FILE = "meltano.yml"
DATABASE = ".meltano/meltano.db"
PRINT_COMMAND = "meltano --log-level=error config --unsafe print"
TIMEOUT_SECONDS = 60.0
UNKNOWN_PLUGIN = "is not known to Meltano"
Fingerprint = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class MeltanoProject:
    """A project directory of Meltano, and the settings read from it so far."""

    folder: Path
    _settings: dict[str, tuple[Fingerprint, dict[str, Any] | None]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    @classmethod
    def find(cls) -> MeltanoProject | None:
        """Return the project that Meltano itself would use here, or None.

        Raises `ConfigurationError` if another user can write its file, which may name commands.
        """
        if root := os.environ.get("MELTANO_PROJECT_ROOT"):
            folders = [Path(root)]
        else:
            folders = [Path.cwd(), *Path.cwd().parents]
        for folder in folders:
            if (folder / PROJECT_FILE).is_file():
                _validate_project_file(folder / PROJECT_FILE)
                return cls(folder)
        return cls(folders[0]) if root else None

    def read_settings(self, plugin: str) -> dict[str, Any] | None:
        """Return the settings that Meltano would give a plugin, including those of the environment.

        They are read again when a file has changed that Meltano takes them from. Returns None if
        the project has no such plugin. Raises `ConfigurationError`.
        """
        fingerprint = self.fingerprint()
        with self._lock:
            known = self._settings.get(plugin)
        if known and known[0] == fingerprint:
            return known[1]
        settings = self._query(plugin)
        with self._lock:
            self._settings[plugin] = (fingerprint, settings)
        return settings

    def read_all(self, *plugins: str) -> None:
        """Read the settings of several plugins at the same time; each takes Meltano seconds.

        In a new project the first one is read alone: Meltano creates its database then, which fails
        if two processes do so at once.
        """
        if not (self.folder / DATABASE).exists():
            self.read_settings(plugins[0])
        with ThreadPoolExecutor() as executor:
            list(executor.map(self.read_settings, plugins))

    def _query(self, plugin: str) -> dict[str, Any] | None:
        command = split_command(PRINT_COMMAND, setting="meltano")
        try:
            answer = subprocess.run(  # noqa: S603 - the operator's own Meltano
                [*command, plugin, "--format=json"],
                cwd=self.folder,
                env={**os.environ, "MELTANO_ENVIRONMENT": self.environment_name},
                capture_output=True,
                text=True,
                timeout=TIMEOUT_SECONDS,
                umask=OWNER_ONLY_UMASK,
                check=False,
            )
        except OSError as error:
            raise ConfigurationError(
                f"{self.folder / PROJECT_FILE} may set {plugin}, but the command meltano cannot be "
                f"run ({error.strerror}): put it on PATH, or work outside of that directory"
            ) from error
        except subprocess.TimeoutExpired as error:
            raise ConfigurationError(
                f"meltano config print {plugin}: no answer in {TIMEOUT_SECONDS:.0f} s"
            ) from error
        if answer.returncode == 0:
            settings: dict[str, Any] = json.loads(answer.stdout)
            return settings
        reason = (answer.stderr.strip().splitlines() or [f"exit code {answer.returncode}"])[-1]
        if UNKNOWN_PLUGIN in reason:
            return None
        raise ConfigurationError(f"meltano config print {plugin}, in {self.folder}: {reason}")

    @property
    def environment_name(self) -> str:
        """Meltano's environment; `meltano config` ignores the default one of the project."""
        chosen = os.environ.get("MELTANO_ENVIRONMENT")
        return chosen if chosen is not None else self._project_file().get("default_environment", "")

    def read_files(self) -> dict[Path, dict[str, Any]]:
        """Return the contents of `meltano.yml` and of the files that it includes."""
        included = [file for file in self._included_files() if file.is_file()]
        return {file: _read_yaml(file) for file in (self.folder / PROJECT_FILE, *included)}

    def _project_file(self) -> dict[str, Any]:
        return _read_yaml(self.folder / PROJECT_FILE)

    def _included_files(self) -> list[Path]:
        patterns = self._project_file().get("include_paths") or []
        if not isinstance(patterns, list) or not all(isinstance(text, str) for text in patterns):
            raise ConfigurationError(
                f"{self.folder / PROJECT_FILE}: include_paths: expected a list of paths"
            )
        return [file for pattern in patterns for file in sorted(self.folder.glob(pattern))]

    def fingerprint(self) -> Fingerprint:
        """Return the times and sizes of the files that Meltano takes settings from.

        It differs once a setting was changed.
        """
        names = (PROJECT_FILE, ENV_FILE_NAME, DATABASE)
        files = [*(self.folder / name for name in names), *self._included_files()]
        statuses = [(str(file), file.stat()) for file in files if file.exists()]
        return tuple((name, status.st_mtime_ns, status.st_size) for name, status in statuses)


def _read_yaml(file: Path) -> dict[str, Any]:
    try:
        content = _parse_yaml(file.read_bytes())
    except (OSError, yaml.YAMLError) as error:
        raise ConfigurationError(f"{file}: {str(error).splitlines()[0]}") from error
    return content if isinstance(content, dict) else {}


@lru_cache(maxsize=16)
def _parse_yaml(content: bytes) -> Any:
    """Return what a file's text means. PyYAML takes 35 ms for ours, which is read per setting."""
    return yaml.safe_load(content)


def settings_folder(project: MeltanoProject | None) -> Path:
    """Return the folder whose `.env` applies: the project's, as for Meltano, or the current one."""
    return project.folder if project else Path.cwd()


def _validate_project_file(path: Path) -> None:
    """Raise `ConfigurationError` unless only root and this user can write to `meltano.yml`.

    A user's own group may write to it as well: with the umask 002 of some systems git makes it so.
    """
    validate_owner(path, path.lstat(), ConfigurationError)
    status = path.stat()
    validate_owner(path, status, ConfigurationError)
    is_shared = status.st_mode & stat.S_IWGRP and not _is_private_group(status.st_gid)
    if is_shared or status.st_mode & stat.S_IWOTH:
        raise ConfigurationError(f"{path}: others can write to it; run chmod go-w on it")


def _is_private_group(group_id: int) -> bool:
    """Whether this process's user is the only member of a group."""
    users = pwd.getpwall()
    members = {user.pw_name for user in users if user.pw_gid == group_id}
    try:
        members |= set(grp.getgrgid(group_id).gr_mem)
    except KeyError:
        return False
    own_names = {user.pw_name for user in users if user.pw_uid == os.geteuid()}
    return bool(members) and members <= own_names


def build_environment(plugin: str, settings: dict[str, Any]) -> dict[str, str]:
    """Return a plugin's settings as environment variables, as its `--config=ENV` reads them."""
    prefix = plugin.replace("-", "_").upper()
    return {
        f"{prefix}_{name.upper()}": value if isinstance(value, str) else json.dumps(value)
        for name, value in settings.items()
        if value is not None
    }
