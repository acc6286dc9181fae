"""One line instead of a traceback for a command whose extra is not installed."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

DISTRIBUTION = "pandev-clickup"


@contextmanager
def require_extra(command: str, extra: str) -> Iterator[None]:
    """End the command with exit code 1 and one line if a package that it imports is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is None or (error.name.partition(".")[0] in sys.modules):
            raise
        sys.exit(
            f"{command}: {error.name} is not installed; run: pip install '{DISTRIBUTION}[{extra}]'"
        )
