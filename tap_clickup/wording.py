"""Wording shared by log lines and command output. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_LISTED_IDS = 5


def format_count(count: int, singular: str, plural: str | None = None) -> str:
    """Return a count with its noun, such as "2 events"; an irregular `plural` has to be given."""
    if count == 1:
        return f"1 {singular}"
    return f"{count:,} {plural or singular + 's'}"


def format_ids(noun: str, ids: Sequence[str]) -> str:
    """Return a noun with the first ids, such as "list 7" or "lists 1, 2, 3, 4, 5 and 12 more"."""
    noun = noun if len(ids) == 1 else f"{noun}s"
    listed = ", ".join(ids[:MAX_LISTED_IDS])
    omitted = len(ids) - MAX_LISTED_IDS
    return f"{noun} {listed} and {omitted:,} more" if omitted > 0 else f"{noun} {listed}"


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
