"""Where the receiver keeps its inbox and the webhooks' secrets if no setting says so."""

from __future__ import annotations

import os
from pathlib import Path

from target_pandev.embedded import default_data_dir

NAME = "clickup-receiver"


def default_receiver_dir() -> Path:
    """Return the directory next to the embedded store's, or the first release's if it exists.

    The first release used ~/.local/share on macOS too, and ignored XDG_DATA_HOME.
    """
    folder = default_data_dir(NAME, os.environ)
    first_release = Path("~/.local/share", NAME).expanduser()
    if os.geteuid() != 0 and first_release.is_dir() and not folder.exists():
        return first_release
    return folder
