"""The marker of the time entries that `pandev worklogs` writes. Pure.

It is in the description of an entry, so that an entry is known again by every store and by every
run. It is a hash of ids: nothing can be read from it. Of a description nothing else is ever taken.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

PREFIX = "pandev:"
MARKER = re.compile(rf"(?<![\w:]){PREFIX}[0-9a-f]{{32}}(?!\w)", re.ASCII)


def build_marker(*names: str) -> str:
    """Return the marker of what the names identify: ids and a day, in this order."""
    digest = hashlib.sha256(json.dumps(names).encode()).hexdigest()
    return f"{PREFIX}{digest[:32]}"


def find_marker(description: Any) -> str | None:
    """Return the first marker in a description; whatever else it contains stays there."""
    match = MARKER.search(description) if isinstance(description, str) else None
    return match[0] if match else None
