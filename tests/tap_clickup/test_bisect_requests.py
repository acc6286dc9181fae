"""A rejected request for many ids is split until the rejected ids are found."""

from __future__ import annotations

import pytest

from tap_clickup.bisect_requests import Accepted, Rejected, request_with_bisection, split_in_half
from tap_clickup.errors import AccessDeniedError, BadRequestError, InvalidTokenError

IDS = ["a", "b", "c", "d", "e"]


class Api:
    """Rejects every request that contains a bad id."""

    def __init__(self, *bad: str) -> None:
        self.bad = set(bad)
        self.requests: list[str] = []

    def request(self, ids: list[str]) -> str:
        joined = "".join(ids)
        self.requests.append(joined)
        if self.bad.intersection(ids):
            raise AccessDeniedError(joined)
        return joined.upper()


def test_an_accepted_request_is_sent_once() -> None:
    api = Api()
    assert list(request_with_bisection(IDS, api.request)) == [Accepted(IDS, "ABCDE")]
    assert api.requests == ["abcde"]


def test_rejected_ids_are_found_in_the_order_of_ids() -> None:
    api = Api("b", "e")
    outcomes = list(request_with_bisection(IDS, api.request))
    assert [(type(outcome), outcome.ids) for outcome in outcomes] == [
        (Accepted, ["a"]),
        (Rejected, ["b"]),
        (Accepted, ["c"]),
        (Accepted, ["d"]),
        (Rejected, ["e"]),
    ]
    assert api.requests == ["abcde", "ab", "a", "b", "cde", "c", "de", "d", "e"]


def test_the_error_of_a_rejected_id_is_returned() -> None:
    (outcome,) = request_with_bisection(["a"], Api("a").request)
    assert isinstance(outcome, Rejected)
    assert str(outcome.error) == "a"


def test_ids_excluded_meanwhile_are_left_out() -> None:
    api, excluded = Api("b"), {"d"}
    for outcome in request_with_bisection(IDS, api.request, excluded=excluded):
        if isinstance(outcome, Rejected):
            excluded.update(["c"])
    assert api.requests == ["abce", "ab", "a", "b", "e"]


def test_nothing_is_requested_without_ids() -> None:
    api = Api()
    assert list(request_with_bisection(IDS, api.request, excluded=IDS)) == []
    assert list(request_with_bisection([], api.request)) == []
    assert api.requests == []


def test_ids_that_cannot_be_split_are_rejected_together() -> None:
    api = Api("b")
    (outcome,) = request_with_bisection(["a", "b"], api.request, split=lambda _: [])
    assert isinstance(outcome, Rejected)
    assert outcome.ids == ["a", "b"]


@pytest.mark.parametrize("error", [InvalidTokenError("401"), ValueError("no JSON")])
def test_other_errors_are_raised(error: Exception) -> None:
    def request(_ids: list[str]) -> None:
        raise error

    with pytest.raises(type(error), match=str(error)):
        list(request_with_bisection(IDS, request))


def test_a_bad_request_is_split_too() -> None:
    def request(ids: list[str]) -> int:
        if len(ids) > 1:
            raise BadRequestError("too many")
        return 1

    assert [outcome.ids for outcome in request_with_bisection(["a", "b"], request)] == [
        ["a"],
        ["b"],
    ]


def test_one_id_has_no_halves() -> None:
    assert split_in_half(["a"]) == []
    assert split_in_half(["a", "b", "c"]) == [["a"], ["b", "c"]]
