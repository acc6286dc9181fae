"""Save settings in `.env`: all of them or none, readable by its owner only.

python-dotenv's `set_key` writes one setting at a time, does not flush it to the disk, and a kill
leaves the token in a file of a random name. Its parser is used here, so that the file is read as
`plugin_settings.env_file` reads it.
"""

from __future__ import annotations

import fcntl
import os
import re
import stat
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dotenv.parser import parse_stream

from clickup_receiver.meltano_project import PROJECT_FILE, RECEIVER, TAP, TARGET, MeltanoProject
from pandev.meltano_files import find_overriding_heirs, find_variable
from plugin_settings.env_file import (
    ENV_FILE_NAME,
    is_inherited,
    read_env_file,
    set_loaded,
)
from tap_clickup.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dotenv.parser import Binding

PREFIXES: Final = {
    "TAP_CLICKUP_": TAP,
    "TARGET_PANDEV_": TARGET,
    "CLICKUP_RECEIVER_": RECEIVER,
}
"""The plugins by the begin of their variables."""
OWNER_ONLY: Final = stat.S_IRUSR | stat.S_IWUSR
PLAIN_VALUE: Final = re.compile(r"[\w.:/@%+,-]+", re.ASCII)
"""A value that every reader of `.env` takes as it is, also a shell."""
UNSAVABLE: Final = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]|\$\{")
"""Control characters, and what python-dotenv replaces by the value of a variable."""
COMMENT_BEGIN: Final = re.compile(r"[^\S\r\n]+#")


def save_settings(folder: Path, settings: Mapping[str, str]) -> None:
    """Set variables in `.env` of a folder, and in this process; other lines stay as they are.

    The file has the mode 0600 afterwards; after a kill it is the old or the new one.
    Raises `ConfigurationError`, and changes nothing, if a variable in the environment or
    `meltano.yml` takes precedence, or if `.env` is not this user's own regular file.
    """
    for variable, value in settings.items():
        _validate(variable, value)
        _refuse_overridden(folder, variable, value)
    path = folder / ENV_FILE_NAME
    try:
        with _exclusive(folder):
            text = read_env_file(path, ConfigurationError)
            _validate_target(path)
            _replace(path, change_text(text, settings))
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be written ({error.strerror})") from error
    for variable, value in settings.items():
        set_loaded(variable, value)


def describe_env_file(folder: Path) -> str:
    """Return the path of `.env` in a folder, without the current folder."""
    return ENV_FILE_NAME if folder == Path.cwd() else str(folder / ENV_FILE_NAME)


def change_text(text: str, settings: Mapping[str, str]) -> str:
    """Return the text of `.env` with other values. Pure.

    A variable keeps its place, its `export` and the comment behind it; of several lines that set
    it, the last one decides and is kept. New variables follow at the end.
    """
    newline = "\r\n" if "\r\n" in text else "\n"
    bindings = list(parse_stream(StringIO(text)))
    last_lines = {binding.key: number for number, binding in enumerate(bindings)}
    parts = []
    for number, binding in enumerate(bindings):
        value = None if binding.error or binding.key is None else settings.get(binding.key)
        if value is None:
            parts.append(binding.original.string)
        elif last_lines[binding.key] == number:
            parts.append(_replace_value(binding, value, newline))
    changed = "".join(parts)
    present = {binding.key for binding in bindings if not binding.error}
    for variable, value in settings.items():
        if variable not in present:
            separator = "" if not changed or changed.endswith(("\n", "\r")) else newline
            changed += f"{separator}{variable}={_quote(value)}{newline}"
    return changed


def _replace_value(binding: Binding, value: str, newline: str) -> str:
    """Return a binding's own text with another value, on one line."""
    original = binding.original.string
    leading = original[: len(original) - len(original.lstrip())]
    export = "export " if original.lstrip().startswith("export ") else ""
    return f"{leading}{export}{binding.key}={_quote(value)}{_comment(binding)}{newline}"


def _comment(binding: Binding) -> str:
    """Return the comment behind a value, which may itself contain a `#`."""
    original = binding.original.string.rstrip("\r\n")
    for match in COMMENT_BEGIN.finditer(original):
        rest = list(parse_stream(StringIO(original[: match.start()])))
        if [(part.key, part.value) for part in rest] == [(binding.key, binding.value)]:
            return original[match.start() :]
    return ""


def _quote(value: str) -> str:
    if PLAIN_VALUE.fullmatch(value):
        return value
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _validate(variable: str, value: str) -> None:
    if not re.fullmatch(r"[A-Z][A-Z0-9_]*", variable) or not variable.startswith(tuple(PREFIXES)):
        raise ValueError(f"{variable}: not a setting of this project")
    if UNSAVABLE.search(value):
        raise ConfigurationError(
            f"{variable}: contains a control character or ${{, which .env cannot hold as text"
        )


def _refuse_overridden(folder: Path, variable: str, value: str) -> None:
    """Raise `ConfigurationError` if the value would not take effect for every command."""
    if is_inherited(variable) and os.environ[variable] != value:
        raise ConfigurationError(
            f"{variable}: set in the environment, which takes precedence over .env; unset it there"
        )
    if not (folder / PROJECT_FILE).is_file():
        return
    project = MeltanoProject(folder)
    prefix = next(prefix for prefix in PREFIXES if variable.startswith(prefix))
    plugin = PREFIXES[prefix]
    setting = variable.removeprefix(prefix).lower()
    if place := find_variable(project, variable, plugin):
        raise ConfigurationError(
            f"{variable}: set in {place}, which takes precedence over .env; remove it there"
        )
    if heirs := find_overriding_heirs(project, setting, plugin):
        raise ConfigurationError(
            f"{variable}: the config of {', '.join(heirs)} in meltano.yml sets {setting}, which "
            "takes precedence over .env; remove it there"
        )


def _validate_target(path: Path) -> None:
    """Raise `ConfigurationError` unless a new file at this path would replace this user's own."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISREG(status.st_mode):
        raise ConfigurationError(f"{path}: expected a regular file")
    if status.st_uid != os.geteuid():
        raise ConfigurationError(
            f"{path}: belongs to the user with id {status.st_uid}; run the command as that user"
        )


@contextmanager
def _exclusive(folder: Path) -> Iterator[None]:
    """Wait until no other command is saving settings in a folder."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
        os.fsync(handle)
    finally:
        os.close(handle)


def _replace(path: Path, text: str) -> None:
    """Write a file completely before it takes the place of the old one.

    The new one has a fixed name, so that a kill leaves at most one, which the next call replaces.
    """
    new_path = path.with_name(f"{ENV_FILE_NAME}.new")
    new_path.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    handle = os.open(new_path, flags, OWNER_ONLY)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            os.fchmod(handle, OWNER_ONLY)
            file.write(text)
            file.flush()
            os.fsync(handle)
        new_path.replace(path)
    except BaseException:
        new_path.unlink(missing_ok=True)
        raise
