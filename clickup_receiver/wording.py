"""Wording shared by log lines and command output. Pure."""

from __future__ import annotations


def format_count(count: int, singular: str, plural: str | None = None) -> str:
    """Return a count with its noun, such as "2 events"; an irregular `plural` has to be given."""
    if count == 1:
        return f"1 {singular}"
    return f"{count} {plural or singular + 's'}"
