"""Find the invalid items of a batch by halving it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

E = TypeVar("E")


def bisect(items: range, process: Callable[[range], E | None]) -> list[E]:
    """Process items in order, halving each part that fails; return the errors of single items.

    `process` returns None if it succeeded for a part as a whole, else an error, with no effect.
    """
    pending = [items]
    item_errors: list[E] = []
    while pending:
        part = pending.pop()
        error = process(part)
        if error is None:
            continue
        if len(part) == 1:
            item_errors.append(error)
            continue
        middle = len(part) // 2
        pending += [part[middle:], part[:middle]]  # the last part of the list is processed next
    return item_errors
