"""Messages are built with the current settings: selection, token and rate limit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from clickup_receiver.receiver_context import receiver_context
from fake_clickup import FakeClickUp, Fault
from tap_clickup.errors import ApiUnavailableError, ConfigurationError, InvalidTokenError
from tests.clickup_receiver.message_source import MessageSourceHarness, pending_event
from tests.clickup_receiver.payloads import OTHER_ID, WEBHOOK_ID
from tests.support.clocks import SimulatedClock

if TYPE_CHECKING:
    from fake_clickup.model import Workspace


@pytest.mark.parametrize("config", [{"space_ids": ["1"]}, {"workspace_ids": ["2"]}])
def test_a_webhook_beyond_the_selection_is_ignored(
    clickup: FakeClickUp, config: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """R26: it may report objects that are not selected."""
    source = MessageSourceHarness(clickup, config)
    assert source.build(pending_event("taskDeleted"), pending_event("taskUpdated")) == []
    assert source.messages == []
    assert f"webhook {WEBHOOK_ID} is not ours or covers spaces that are not selected" in caplog.text


def test_a_webhook_that_is_not_ours_is_ignored(source: MessageSourceHarness) -> None:
    assert source.build(pending_event("taskDeleted", webhook_id=OTHER_ID)) == []
    assert source.messages == []


def test_nothing_is_read_while_enabled_is_false(clickup: FakeClickUp) -> None:
    """R19: the events stay pending."""
    source = MessageSourceHarness(clickup, {"enabled": False})
    with pytest.raises(ConfigurationError, match="enabled is false"):
        source.build(pending_event("taskDeleted"))
    assert clickup.requests == []


def test_a_new_token_is_used_for_the_next_batch(clickup: FakeClickUp, workspace: Workspace) -> None:
    """R129: the settings are read again for every batch."""
    task_id = next(iter(workspace.tasks))
    source = MessageSourceHarness(clickup, {"api_token": "pk_1_OLDOLDOLD"})
    with pytest.raises(InvalidTokenError):
        source.build(pending_event("taskUpdated", task_id=task_id))
    assert source.token_changes == []
    source.config["api_token"] = clickup.token
    for _ in range(2):
        source.build(pending_event("taskUpdated", task_id=task_id))
    assert [row["id"] for row in source.rows("tasks")] == [task_id]
    assert source.token_changes == ["token replaced"]


def test_the_client_is_reused_while_settings_are_equal(clickup: FakeClickUp) -> None:
    """So the rate limit applies across batches."""
    source = MessageSourceHarness(clickup)
    first = source.source.sync_context().client
    second = source.source.sync_context().client
    source.config["requests_per_minute"] = 80
    third = source.source.sync_context().client
    assert second is first
    assert third is not first


def test_most_of_the_rate_limit_is_left_to_the_tap(clickup: FakeClickUp) -> None:
    """Polls with the same token run concurrently."""
    for config in ({"requests_per_minute": 80}, {}):
        tap = MessageSourceHarness(clickup, {"requests_per_minute": None, **config}).make_tap()
        limit = receiver_context(tap.config)._new_rate_limit()  # noqa: SLF001 - it is the client's alone
        pauses = [limit.reserve(0.0) for _ in range(21)]
        assert pauses == [0.0] * 20 + [61.0]


def test_an_unavailable_clickup_raises_an_error(
    clickup: FakeClickUp, source: MessageSourceHarness
) -> None:
    """So the whole batch stays pending."""
    source.source.sync_context().client._clock = SimulatedClock()  # noqa: SLF001 - retries at once
    clickup.behaviour.faults += [Fault(status=503, path="/task/") for _ in range(10)]
    with pytest.raises(ApiUnavailableError):
        source.build(pending_event("taskUpdated"))


@pytest.mark.parametrize(
    ("tasks_map", "streams"),
    [
        ({"__alias__": "issues"}, ["issues"]),
        ({"name": "'x'"}, ["tasks"]),
        ({"id": "md5(id)"}, []),
        (None, []),
    ],
    ids=repr,
)
def test_a_deletion_passes_the_stream_maps_or_is_left_out(
    clickup: FakeClickUp, tasks_map: Any, streams: list[str]
) -> None:
    """A key that is written under another value would never match."""
    source = MessageSourceHarness(clickup, {"stream_maps": {"tasks": tasks_map}})
    source.build(pending_event("taskDeleted"))
    records = [message for message in source.messages if message["type"] == "RECORD"]
    assert [message["stream"] for message in records] == streams
