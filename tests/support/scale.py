"""How much hostile tests do: little by default, and far more with `HOSTILE=full`."""

from __future__ import annotations

import os

IS_FULL = os.environ.get("HOSTILE") == "full"
"""`make test-hostile` sets it."""


def scaled(small: int, *, full: int) -> int:
    """Return a number of seconds, requests or rounds."""
    return full if IS_FULL else small
