"""Settings in a file `.env`, provided that no other user can have written them.

They name commands, hosts and passwords. Therefore no parent folder is searched, as python-dotenv
and the Singer SDK do: it may belong to another user.
"""

from __future__ import annotations

import errno
import os
import stat
from io import StringIO
from pathlib import Path

from dotenv import load_dotenv

ENV_FILE_NAME = ".env"
ROOT = 0
GROUP_AND_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_loaded: set[str] = set()
"""The variables that this process has from `.env`; there is one set of them, as of `os.environ`."""


def load_env_file(
    folder: Path | None = None, *, error_type: type[Exception], override: bool = False
) -> None:
    """Set the variables in `.env` of a folder, by default of the working directory.

    With `override`, they take precedence over variables that are set already.
    Raises an `error_type` unless the file belongs to this user or root, and others cannot write to
    it.
    """
    path = (folder or Path.cwd()) / ENV_FILE_NAME
    text = read_env_file(path, error_type)
    before = dict(os.environ)
    try:
        load_dotenv(stream=StringIO(text), override=override)
    except ValueError:  # its text may quote a value
        raise error_type(_describe_invalid(path)) from None
    _loaded.update(name for name, value in os.environ.items() if before.get(name) != value)


def reload_env_file(folder: Path, *, error_type: type[Exception]) -> None:
    """Set the variables as `.env` has them now, and unset those that it no longer has."""
    for name in _loaded:
        os.environ.pop(name, None)
    _loaded.clear()
    load_env_file(folder, error_type=error_type)


def is_inherited(variable: str) -> bool:
    """Return whether a variable is set and does not come from `.env`."""
    return variable in os.environ and variable not in _loaded


def set_loaded(variable: str, value: str) -> None:
    """Set a variable as if it had been read from `.env`, where it is now."""
    os.environ[variable] = value
    _loaded.add(variable)


def read_env_file(path: Path, error_type: type[Exception]) -> str:
    """Return a file's text; none if it does not exist. Raises an `error_type` as above."""
    try:
        return _read(path, error_type)
    except OSError as error:
        reason = error.strerror
        if error.errno == errno.ELOOP:
            reason = "is a symbolic link; put the file itself there"
        raise error_type(f"{path}: {reason}") from error
    except ValueError:
        raise error_type(_describe_invalid(path)) from None


def _describe_invalid(path: Path) -> str:
    return f"{path}: expected lines NAME=value in UTF-8"


def validate_owner(path: Path, status: os.stat_result, error_type: type[Exception]) -> None:
    """Raise an `error_type` unless a file belongs to this user or root."""
    if status.st_uid not in {os.geteuid(), ROOT}:
        raise error_type(
            f"{path}: belongs to the user with id {status.st_uid}; expected this user "
            f"({os.geteuid()}) or root: remove it, or change its owner"
        )


def _read(path: Path, error_type: type[Exception]) -> str:
    """Return a file's text; none if it does not exist, or is a folder such as a virtualenv.

    The checked file is the one that is read: it is opened before, without waiting for a FIFO.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return ""
    try:
        status = os.fstat(handle)
        if stat.S_ISDIR(status.st_mode):
            return ""
        if not stat.S_ISREG(status.st_mode):
            raise error_type(f"{path}: expected a regular file")
        validate_owner(path, status, error_type)
        if status.st_mode & GROUP_AND_OTHERS_WRITE:
            raise error_type(f"{path}: others can write to it; run chmod 600 on it")
        with os.fdopen(handle, encoding="utf-8", newline="", closefd=False) as file:
            return file.read()
    finally:
        os.close(handle)
