"""Wording shared by log lines and command output. Pure."""

from __future__ import annotations


def format_count(count: int, singular: str, plural: str | None = None) -> str:
    """Return a count with its noun, such as "2 events"; an irregular `plural` has to be given."""
    if count == 1:
        return f"1 {singular}"
    return f"{count:,} {plural or singular + 's'}"


def format_stream_count(count: int, stream: str) -> str:
    """Return a count with the name of a stream, such as "2 time entries" or "1 time entry"."""
    name = stream.replace("_", " ")
    if count == 1:
        name = _singular(name)
    return f"{count:,} {name}"


def _singular(plural: str) -> str:
    """Return the singular of the name of a stream; a name that is not a plural stays."""
    for ending, singular in (("ies", "y"), ("uses", "us"), ("ches", "ch"), ("us", "us"), ("s", "")):
        if plural.endswith(ending):
            return plural.removesuffix(ending) + singular
    return plural
