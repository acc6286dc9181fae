"""Mark each state with the run that emitted it, so that a store recognises its own states. Pure.

A tap continues from its state and skips what was read before. If the store does not contain that,
because it is another one or an older backup, the rows would be missing for ever. A tap gets its
state back as the target emitted it, and taps keep bookmarks of streams that they do not know, so
the mark is a bookmark: `{"bookmarks": {"target_pandev": {"run_id": "…", "number": 3}}}`.
https://hub.meltano.com/singer/spec#state-1
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

BOOKMARK = "target_pandev"


@dataclass(frozen=True)
class StateMark:
    """The `number`-th state that a run of the target emitted."""

    run_id: str
    number: int


UNKNOWN_MARK = StateMark(run_id=str(UUID(int=0)), number=1)
"""Stands for a mark that target-pandev did not write: no run has this id."""


def read_mark(state: dict[str, Any]) -> StateMark | None:
    """Return the mark of a state, or None if it has none, as the states of earlier versions."""
    bookmark = _bookmarks(state).get(BOOKMARK)
    if bookmark is None:
        return None
    match bookmark:
        case {"run_id": str(run_id), "number": int(number)}:
            try:
                return StateMark(str(UUID(run_id)), number)
            except ValueError:
                return UNKNOWN_MARK
    return UNKNOWN_MARK


def add_mark(state: dict[str, Any], mark: StateMark) -> dict[str, Any]:
    """Return the state with this mark in place of its own; without bookmarks, the state itself."""
    if not can_be_marked(state):
        return state
    return {**state, "bookmarks": {**_bookmarks(state), BOOKMARK: asdict(mark)}}


def can_be_marked(state: dict[str, Any]) -> bool:
    """Return whether the state has bookmarks. Singer leaves the form of a state to the tap."""
    return isinstance(state.get("bookmarks"), dict)


def _bookmarks(state: dict[str, Any]) -> dict[str, Any]:
    bookmarks: dict[str, Any] = state["bookmarks"] if can_be_marked(state) else {}
    return bookmarks
