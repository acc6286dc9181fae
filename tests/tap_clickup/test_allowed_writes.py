"""The writes to ClickUp are exactly webhooks and time entries; the latter are sent once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_clickup import FakeClickUp, Fault
from tap_clickup.allowed_writes import ALLOWED_WRITES, is_allowed_write
from tap_clickup.client import MAX_ATTEMPTS, Client
from tap_clickup.errors import ApiUnavailableError, BadRequestError
from tap_clickup.rate_limit import RateLimit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fake_clickup import Behaviour
    from tests.support.clocks import SimulatedClock

PROJECT = Path(__file__).parents[2]
DOCUMENTED = (PROJECT / "tests/fixtures/clickup_writes.txt").read_text(encoding="utf-8")
"""Every request of ClickUp's API v2 that changes something, from its reference."""
ALLOWED = {
    ("POST", "/team/{team_id}/webhook"),
    ("PUT", "/webhook/{webhook_id}"),
    ("DELETE", "/webhook/{webhook_id}"),
    ("POST", "/team/{team_id}/time_entries"),
    ("PUT", "/team/{team_id}/time_entries/{timer_id}"),
    ("DELETE", "/team/{team_id}/time_entries/{timer_id}"),
}
"""What may be written: nothing of a task, its status, its assignees or its comments."""
FOLDERS_OF_WRITERS = ("clickup_receiver/webhooks/", "pandev/worklogs/")
PATHS = {"POST": "/team/9/time_entries", "PUT": "/team/9/time_entries/5"}
ENTRY = {"start": 1_772_600_000_000, "duration": 60_000}


@pytest.fixture
def client(clickup: FakeClickUp, clock: SimulatedClock) -> Iterator[Client]:
    new_client = Client(clickup.api_url, api_token=clickup.token, limit=RateLimit(), clock=clock)
    yield new_client
    new_client.close()


def documented() -> list[tuple[str, str]]:
    """Return method and path of each documented write."""
    pairs = [line.split(" ") for line in DOCUMENTED.splitlines()]
    return [(method, path) for method, path in pairs]


@pytest.mark.parametrize("value", ["7", "86abc1d2e", "00000000-0000-4000-8000-000000000001"])
def test_of_all_documented_writes_exactly_six_are_allowed(value: str) -> None:
    """R125, R126, R127, R128: a wider pattern would allow another of them, whatever its ids."""
    assert len(documented()) > 80
    assert set(documented()) > ALLOWED
    allowed = {
        (method, path)
        for method, path in documented()
        if is_allowed_write(method, re.sub(r"\{\w+\}", value, path))
    }
    numeric = {pair for pair in ALLOWED if value == "7" or "timer_id" not in pair[1]}
    assert allowed == numeric


def test_there_is_one_pattern_for_each_allowed_write() -> None:
    """R125, R126, R127, R128: what is allowed grows only together with this test."""
    assert len(ALLOWED_WRITES) == len(ALLOWED)
    for method, pattern in ALLOWED_WRITES:
        matches = [
            pair
            for pair in ALLOWED
            if pair[0] == method and re.fullmatch(pattern, re.sub(r"\{\w+\}", "7", pair[1]))
        ]
        assert len(matches) == 1


SEGMENTS = st.lists(
    st.sampled_from(
        [
            "team",
            "webhook",
            "time_entries",
            "task",
            "list",
            "comment",
            "start",
            "tags",
            "7",
            "..",
            "",
        ]
    ),
    max_size=6,
)


@given(method=st.sampled_from(["POST", "PUT", "DELETE", "PATCH", "GET"]), segments=SEGMENTS)
def test_no_other_path_is_allowed(method: str, segments: list[str]) -> None:
    path = "".join(f"/{segment}" for segment in segments)
    is_collection = len(segments) == 3 and segments[0] == "team" and segments[1] != ""
    expected = {
        "POST": is_collection and segments[2] in {"webhook", "time_entries"},
        "PUT": (len(segments) == 2 and segments[0] == "webhook" and segments[1] != "")
        or (
            len(segments) == 4
            and (segments[0], segments[2], segments[3]) == ("team", "time_entries", "7")
            and segments[1] != ""
        ),
    }
    expected["DELETE"] = expected["PUT"]
    assert is_allowed_write(method, path) == expected.get(method, False)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/task/86a1"),
        ("PUT", "/task/86a1"),
        ("POST", "/task/86a1/comment"),
        ("POST", "/team/1/webhook/2"),
        ("PUT", "/team/1/webhook"),
        ("DELETE", "/list/1"),
        ("DELETE", "/webhook/1/../../list/1"),
        ("PATCH", "/webhook/1"),
        ("POST", "/team/1/time_entries/start"),
        ("DELETE", "/team/1/time_entries/tags"),
        ("DELETE", "/team/1/time_entries/1/../../../task/86a1"),
        ("POST", "/team/1/time_entries\n"),
        ("GET", "/team"),
    ],
)
def test_any_other_write_is_refused_before_it_is_sent(
    client: Client, clickup: FakeClickUp, method: str, path: str
) -> None:
    """R126, R127, R128: whatever calls the client."""
    with pytest.raises(ValueError, match="not in ALLOWED_WRITES"):
        client.write(method, path, {}, required_key=None)
    assert clickup.requests == []


def test_only_registration_and_write_back_call_write() -> None:
    """R125: neither the tap nor any other command of `pandev` writes to ClickUp."""
    packages = [
        path.parent for path in PROJECT.glob("*/__init__.py") if path.parent.name != "tests"
    ]
    callers = {
        file.relative_to(PROJECT).as_posix()
        for package in packages
        for file in package.rglob("*.py")
        if re.search(r"client\.write\(", file.read_text(encoding="utf-8"))
    }
    assert callers
    assert [file for file in callers if not file.startswith(FOLDERS_OF_WRITERS)] == []


def statuses(clickup: FakeClickUp, method: str) -> list[int]:
    return [request.status for request in clickup.requests if request.method == method]


@pytest.mark.parametrize("method", PATHS)
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault(500), "HTTP 500, not sent again"),
        (Fault(503), "HTTP 503, not sent again"),
        (Fault(200, reset=True), "ConnectionError, not sent again"),
        (Fault(200, '{"data": {', reset=True), "ChunkedEncodingError, not sent again"),
    ],
)
def test_a_write_to_be_sent_once_is_not_sent_again(
    client: Client, clickup: FakeClickUp, method: str, fault: Fault, reason: str
) -> None:
    clickup.behaviour.faults = [fault]
    with pytest.raises(ApiUnavailableError) as caught:
        client.write(method, PATHS[method], ENTRY, required_key=None, once=True)
    assert str(caught.value) == f"{method} {PATHS[method]}: {reason}"
    assert len(statuses(clickup, method)) == 1


def test_a_write_to_be_sent_once_is_sent_again_after_429(
    client: Client, clickup: FakeClickUp, behaviour: Behaviour
) -> None:
    """ClickUp has done nothing then. The second response is an error that is not retried."""
    behaviour.faults = [Fault(429), Fault(400, {"ECODE": "X_1"})]
    with pytest.raises(BadRequestError):
        client.write("POST", PATHS["POST"], ENTRY, required_key=None, once=True)
    assert statuses(clickup, "POST") == [429, 400]


def test_any_other_write_is_sent_again(client: Client, behaviour: Behaviour) -> None:
    behaviour.faults = [Fault(500)] * (MAX_ATTEMPTS - 1) + [Fault(200, {"webhook": {}})]
    client.write("PUT", "/webhook/1", {}, required_key="webhook")
    assert behaviour.faults == []
