"""Wording of log lines. Pure."""

from __future__ import annotations


def format_stream_count(count: int, stream: str) -> str:
    """Return a count with the name of a stream, such as "2 time entries" or "1 time entry"."""
    name = stream.replace("_", " ")
    if count == 1:
        name = _singular(name)
    return f"{count:,} {name}"


def _singular(plural: str) -> str:
    """Return the singular of the name of a stream; a name that is not a plural stays."""
    for ending, singular in (("ies", "y"), ("uses", "us"), ("ches", "ch"), ("us", "us"), ("s", "")):
        if plural.endswith(ending) and plural != ending:
            return plural.removesuffix(ending) + singular
    return plural
