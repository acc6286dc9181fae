"""Everything that this project may change in ClickUp. Pure.

The client sends no other request than GET and these: no task, status, assignee or comment is ever
changed. The tap sends GET only.
"""

from __future__ import annotations

import re

ALLOWED_WRITES = (
    ("POST", r"/team/[^/]+/webhook"),
    ("PUT", r"/webhook/[^/]+"),
    ("DELETE", r"/webhook/[^/]+"),
    ("POST", r"/team/[^/]+/time_entries"),
    ("PUT", r"/team/[^/]+/time_entries/[0-9]+"),
    ("DELETE", r"/team/[^/]+/time_entries/[0-9]+"),
)
"""Everything this project changes in ClickUp: registrations of webhooks, and time entries."""


def is_allowed_write(method: str, path: str) -> bool:
    """Return whether a request is one of the `ALLOWED_WRITES`."""
    return any(
        method == allowed and re.fullmatch(pattern, path) for allowed, pattern in ALLOWED_WRITES
    )
