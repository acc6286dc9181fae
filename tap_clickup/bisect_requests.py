"""Request many ids at once; if ClickUp rejects a request, split it to find the rejected ids. Pure.

ClickUp rejects a request for many users or tasks as a whole if one of them is deleted or denied.
(The target does the same with rejected batches of rows; the two packages share no code.)
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from tap_clickup.errors import AccessDeniedError, BadRequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

Response = TypeVar("Response")


@dataclass(frozen=True)
class Accepted(Generic[Response]):
    """The response to a request for `ids`."""

    ids: list[str]
    response: Response


@dataclass(frozen=True)
class Rejected:
    """Ids that cannot be split further, and the error that ClickUp returns for them."""

    ids: list[str]
    error: AccessDeniedError | BadRequestError


def split_in_half(ids: list[str]) -> list[list[str]]:
    """Return the two halves, or nothing if there is one id only."""
    middle = len(ids) // 2
    return [ids[:middle], ids[middle:]] if middle else []


def request_with_bisection(
    ids: Sequence[str],
    request: Callable[[list[str]], Response],
    *,
    split: Callable[[list[str]], list[list[str]]] = split_in_half,
    excluded: Collection[str] = (),
) -> Iterator[Accepted[Response] | Rejected]:
    """Yield the outcome of `request(ids)`, or of its parts in order if it is rejected.

    `split` returns the parts of rejected ids, or nothing if they cannot be split. `excluded` ids
    are left out; it is looked up before each request, since other threads may add to it.
    """
    pending = deque([list(ids)])
    while pending:
        part = [item for item in pending.popleft() if item not in excluded]
        if not part:
            continue
        try:
            response = request(part)
        except (AccessDeniedError, BadRequestError) as error:
            if parts := split(part):
                pending.extendleft(reversed(parts))
                continue
            outcome: Accepted[Response] | Rejected = Rejected(part, error)
        else:
            outcome = Accepted(part, response)
        yield outcome
