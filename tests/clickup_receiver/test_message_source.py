"""Events are told with the settings of the moment: what is selected, which token, which limit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fake_clickup import FakeClickUp, Fault
from tap_clickup.errors import ApiUnavailableError, ConfigurationError, InvalidTokenError
from tests.clickup_receiver.message_source import Telling, waiting
from tests.clickup_receiver.payloads import OTHER_ID, WEBHOOK_ID
from tests.tap_clickup.runner import SimulatedClock

if TYPE_CHECKING:
    from fake_clickup.model import Workspace


@pytest.mark.parametrize("config", [{"space_ids": ["1"]}, {"workspace_ids": ["2"]}])
def test_a_webhook_that_tells_of_more_than_is_selected_is_not_listened_to(
    clickup: FakeClickUp, config: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    tell = Telling(clickup, config)
    assert tell(waiting("taskDeleted"), waiting("taskUpdated")) == []
    assert tell.told == []
    assert f"webhook {WEBHOOK_ID} tells of what is not selected" in caplog.text


def test_a_webhook_that_is_ours_no_more_is_not_listened_to(tell: Telling) -> None:
    assert tell(waiting("taskDeleted", webhook_id=OTHER_ID)) == []
    assert tell.told == []


def test_all_waits_while_the_integration_is_switched_off(clickup: FakeClickUp) -> None:
    """R19."""
    tell = Telling(clickup, {"enabled": False})
    with pytest.raises(ConfigurationError, match="enabled is false"):
        tell(waiting("taskDeleted"))
    assert clickup.requests == []


def test_all_waits_while_clickup_does_not_answer_and_goes_on_with_a_new_token(
    clickup: FakeClickUp, workspace: Workspace
) -> None:
    """R129: the token is read anew for every burst."""
    task_id = next(iter(workspace.tasks))
    tell = Telling(clickup, {"api_token": "pk_1_OLDOLDOLD"})
    with pytest.raises(InvalidTokenError):
        tell(waiting("taskUpdated", task_id=task_id))
    tell.config["api_token"] = clickup.token
    tell(waiting("taskUpdated", task_id=task_id))
    assert [row["id"] for row in tell.rows("tasks")] == [task_id]


def test_one_client_serves_as_long_as_the_settings_are_the_same(clickup: FakeClickUp) -> None:
    """So the limit of requests counts over all bursts."""
    tell = Telling(clickup)
    clients = [tell.source.tap().client for _ in range(2)]
    tell.config["requests_per_minute"] = 80
    other = tell.source.tap().client
    assert clients[0] is clients[1]
    assert other is not clients[0]


def test_it_leaves_most_of_the_limit_to_the_tap(clickup: FakeClickUp) -> None:
    for config in ({"requests_per_minute": 80}, {}):
        limit = Telling(clickup, {"requests_per_minute": None, **config}).make_tap().rate_limit
        waits = [limit.reserve(0.0) for _ in range(21)]
        assert (waits[19], waits[20]) == (0.0, 61.0)


def test_a_lost_connection_keeps_the_whole_burst(clickup: FakeClickUp, tell: Telling) -> None:
    tell.source.tap().client._clock = SimulatedClock()  # noqa: SLF001 - waits otherwise
    clickup.behaviour.faults += [Fault(status=503, path="/task/") for _ in range(10)]
    with pytest.raises(ApiUnavailableError):
        tell(waiting("taskUpdated"))
