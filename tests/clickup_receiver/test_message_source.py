"""Events are told with the settings of the moment: what is selected, which token, which limit."""

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
def test_a_webhook_that_tells_of_more_than_is_selected_is_not_listened_to(
    clickup: FakeClickUp, config: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    source = MessageSourceHarness(clickup, config)
    assert source.build(pending_event("taskDeleted"), pending_event("taskUpdated")) == []
    assert source.messages == []
    assert f"webhook {WEBHOOK_ID} is not ours or covers spaces that are not selected" in caplog.text


def test_a_webhook_that_is_ours_no_more_is_not_listened_to(source: MessageSourceHarness) -> None:
    assert source.build(pending_event("taskDeleted", webhook_id=OTHER_ID)) == []
    assert source.messages == []


def test_all_waits_while_the_integration_is_switched_off(clickup: FakeClickUp) -> None:
    """R19."""
    source = MessageSourceHarness(clickup, {"enabled": False})
    with pytest.raises(ConfigurationError, match="enabled is false"):
        source.build(pending_event("taskDeleted"))
    assert clickup.requests == []


def test_all_waits_while_clickup_does_not_answer_and_goes_on_with_a_new_token(
    clickup: FakeClickUp, workspace: Workspace
) -> None:
    """R129: the token is read anew for every burst."""
    task_id = next(iter(workspace.tasks))
    source = MessageSourceHarness(clickup, {"api_token": "pk_1_OLDOLDOLD"})
    with pytest.raises(InvalidTokenError):
        source.build(pending_event("taskUpdated", task_id=task_id))
    source.config["api_token"] = clickup.token
    source.build(pending_event("taskUpdated", task_id=task_id))
    assert [row["id"] for row in source.rows("tasks")] == [task_id]


def test_one_client_serves_as_long_as_the_settings_are_the_same(clickup: FakeClickUp) -> None:
    """So the limit of requests counts over all bursts."""
    source = MessageSourceHarness(clickup)
    clients = [source.source.sync_context().client for _ in range(2)]
    source.config["requests_per_minute"] = 80
    other = source.source.sync_context().client
    assert clients[0] is clients[1]
    assert other is not clients[0]


def test_it_leaves_most_of_the_limit_to_the_tap(clickup: FakeClickUp) -> None:
    for config in ({"requests_per_minute": 80}, {}):
        tap = MessageSourceHarness(clickup, {"requests_per_minute": None, **config}).make_tap()
        limit = receiver_context(tap.config)._new_rate_limit()  # noqa: SLF001 - it is the client's alone
        waits = [limit.reserve(0.0) for _ in range(21)]
        assert (waits[19], waits[20]) == (0.0, 61.0)


def test_a_lost_connection_keeps_the_whole_burst(
    clickup: FakeClickUp, source: MessageSourceHarness
) -> None:
    source.source.sync_context().client._clock = SimulatedClock()  # noqa: SLF001 - waits otherwise
    clickup.behaviour.faults += [Fault(status=503, path="/task/") for _ in range(10)]
    with pytest.raises(ApiUnavailableError):
        source.build(pending_event("taskUpdated"))
