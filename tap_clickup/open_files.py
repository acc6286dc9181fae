"""Files with secrets that other users can read: describe them, never their content.

Meltano writes the settings of each plugin, with the token and the store's password, into `.meltano`
in the modes of the umask, and a run that is killed leaves them there.
https://github.com/meltano/meltano/issues/6065
"""

from __future__ import annotations

import os
import shlex
import stat
import time
from typing import TYPE_CHECKING

from plugin_settings.env_file import ENV_FILE_NAME
from tap_clickup.wording import format_count

if TYPE_CHECKING:
    from pathlib import Path

MELTANO_FOLDER = ".meltano"
CONFIG_FILES = "run/*/*.config.json"
RUN_SECONDS = 24 * 60 * 60
"""A configuration file that is older was left by a run that was killed. No run takes so long."""


def describe_open_files(folder: Path) -> list[str]:
    """Return a line, with the command that closes them, for each kind of open file in a folder.

    The folder is that of `meltano.yml` or the working directory.
    """
    env_file = folder / ENV_FILE_NAME
    meltano_folder = folder / MELTANO_FOLDER
    lines = [
        f"{path} is open to other users, and may have secrets: "
        f"run chmod {classes}-rwx {_quote(path)}"
        for path in (env_file, meltano_folder)
        if (classes := _classes_with_access(path))
    ]
    if left_over_count := _count_left_over(meltano_folder):
        lines.append(
            f"{format_count(left_over_count, 'file')} with settings and secrets, left by runs that "
            f"were killed: run find {_quote(meltano_folder / 'run')} -name '*.config.json' "
            "-mtime +0 -delete"
        )
    return lines


def _classes_with_access(path: Path) -> str:
    """Return "go" or "o" if a file is open to group and others, or to others; else "".

    A file of root that this user reads as a member of its group has to be open to that group.
    """
    try:
        status = path.stat()
    except OSError:
        return ""
    is_own = status.st_uid == os.geteuid()
    bits = stat.S_IRWXG | stat.S_IRWXO if is_own else stat.S_IRWXO
    if not status.st_mode & bits:
        return ""
    return "go" if is_own else "o"


def _count_left_over(meltano_folder: Path) -> int:
    oldest_in_use = time.time() - RUN_SECONDS
    count = 0
    for path in meltano_folder.glob(CONFIG_FILES):
        try:
            count += path.lstat().st_mtime < oldest_in_use
        except OSError:  # a run has just removed it
            continue
    return count


def _quote(path: Path) -> str:
    return shlex.quote(str(path))
