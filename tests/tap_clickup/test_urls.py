"""Ids cannot leave the path that they are put into."""

from __future__ import annotations

import pytest

from tap_clickup.errors import UnexpectedResponseError
from tap_clickup.urls import api_path


@pytest.mark.parametrize(
    ("parts", "path"),
    [
        (("task", "86abc123"), "/task/86abc123"),
        (("team", "9001", "webhook"), "/team/9001/webhook"),
        (("task", "../../../oauth/token"), "/task/..%2F..%2F..%2Foauth%2Ftoken"),
        (("task", "a?b=c#d"), "/task/a%3Fb%3Dc%23d"),
        (("task", "%2e%2e"), "/task/%252e%252e"),
        (("task", "ü \r\n"), "/task/%C3%BC%20%0D%0A"),
    ],
)
def test_an_id_stands_for_itself(parts: tuple[str, ...], path: str) -> None:
    assert api_path(*parts) == path


@pytest.mark.parametrize("object_id", ["", ".", "..", "..."])
def test_an_id_of_dots_is_refused(object_id: str) -> None:
    """Quoted or not, it would be resolved to the path above."""
    with pytest.raises(UnexpectedResponseError, match="cannot be part of a path"):
        api_path("task", object_id)
