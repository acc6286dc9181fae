"""How many random cases, attacks and kills tests try; far more with `TEST_SCALE=full`."""

from __future__ import annotations

import os

IS_FULL = os.environ.get("TEST_SCALE") == "full"
"""`make test-long` sets it."""


def scaled(small: int, *, full: int) -> int:
    """Return a number of examples, seconds, requests or rounds."""
    return full if IS_FULL else small
