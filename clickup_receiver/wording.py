"""Wording shared by log lines and command output. Pure."""

from __future__ import annotations


def format_count(count: int, noun: str) -> str:
    """Return a count with its noun, such as "1 event" or "2 events"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
