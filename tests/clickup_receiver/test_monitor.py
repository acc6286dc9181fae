"""Webhooks that fail or are silent are noticed, and what they may have missed is polled."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from clickup_receiver.webhooks.monitor import Health, changed_since
from clickup_receiver.webhooks.registrar import Registered

if TYPE_CHECKING:
    from fake_clickup import Account
    from fake_clickup.model import Workspace
    from tests.clickup_receiver.message_source import MessageSourceHarness

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
FINE = Registered("1", None, "w1")


class Looking:
    """A watch over webhooks; `gaps` are those it had polled, `asked` what it asked ClickUp."""

    def __init__(self) -> None:
        self.heard: dict[str, datetime] = {}
        self.changed = True
        self.gaps: list[timedelta] = []
        self.asked: list[tuple[datetime, datetime]] = []
        self.health = Health(
            endpoint="https://receiver.example.com/v1/clickup/webhook",
            heard=lambda: self.heard,
            changed_since=self._changed_since,
            catch_up=self.gaps.append,
        )

    def _changed_since(self, _: Registered, start: datetime, end: datetime) -> bool:
        self.asked.append((start, end))
        return self.changed


@pytest.fixture
def looking() -> Looking:
    return Looking()


def test_nothing_is_polled_for_webhooks_that_are_well(looking: Looking) -> None:
    looking.heard = {"w1": NOW}
    assert looking.health.look([FINE], now=NOW) == []
    assert (looking.gaps, looking.asked) == ([], [])


@pytest.mark.parametrize(
    "one",
    [
        Registered("1", None, "w1", ("reactivated",), "suspended", 100),
        Registered("1", None, "w1", ("reactivated",), "failing", 3),
        Registered("1", None, "w1", (), "active", 1),
    ],
)
def test_what_a_failing_webhook_missed_is_polled_and_the_reason_told(
    looking: Looking, one: Registered, caplog: pytest.LogCaptureFixture
) -> None:
    """R98."""
    looking.heard = {"w1": NOW - 3 * HOUR}
    looking.health.tell([one])
    assert looking.health.look([one], now=NOW) == ["w1"]
    assert looking.gaps == [3 * HOUR]
    assert "check from any host with internet access that `curl -I https://receiver" in caplog.text


def test_the_longest_gap_of_several_counts(looking: Looking) -> None:
    looking.heard = {"w1": NOW - HOUR, "w2": NOW - 30 * HOUR}
    bad = [Registered("1", None, one, health="suspended", fail_count=100) for one in ("w1", "w2")]
    assert looking.health.look(bad, now=NOW) == ["w1", "w2"]
    assert looking.gaps == [30 * HOUR]


def test_a_webhook_that_is_silent_while_tasks_change_is_noticed_once_an_hour(
    looking: Looking, caplog: pytest.LogCaptureFixture
) -> None:
    looking.heard = {"w1": NOW}
    found = [
        (minutes, one)
        for minutes in range(0, 180, 5)
        for one in looking.health.look([FINE], now=NOW + timedelta(minutes=minutes))
    ]
    assert found == [(60, "w1"), (120, "w1")]
    assert looking.gaps == [HOUR, 2 * HOUR]
    assert "webhook w1 of workspace 1: nothing came since 2026-03-01T12:00:00+00:00" in caplog.text
    minutes = timedelta(minutes=10)
    assert looking.asked[0] == (NOW + minutes, NOW + HOUR - minutes)


def test_a_webhook_is_not_silent_where_nothing_changes(looking: Looking) -> None:
    looking.heard, looking.changed = {"w1": NOW}, False
    assert looking.health.look([FINE], now=NOW + HOUR) == []
    assert looking.gaps == []


def test_a_new_webhook_that_was_never_heard_gets_its_hour(looking: Looking) -> None:
    assert looking.health.look([FINE], now=NOW) == []
    assert looking.health.look([FINE], now=NOW + HOUR - timedelta(minutes=1)) == []
    assert looking.health.look([FINE], now=NOW + HOUR) == ["w1"]


def test_a_webhook_that_was_heard_meanwhile_gets_its_hour_from_then(looking: Looking) -> None:
    looking.health.look([FINE], now=NOW)
    looking.heard = {"w1": NOW + HOUR / 2}
    assert looking.health.look([FINE], now=NOW + HOUR) == []
    assert looking.health.look([FINE], now=NOW + HOUR * 3 / 2) == ["w1"]


def test_after_a_restart_a_webhook_gets_its_hour_again(looking: Looking) -> None:
    """While the receiver was down nothing could come."""
    looking.heard = {"w1": NOW - 5 * HOUR}
    assert looking.health.look([FINE], now=NOW) == []


def test_a_place_that_is_polled_only_is_left_alone(looking: Looking) -> None:
    refused = Registered("1", None, problem="changes come by polling only")
    looking.health.tell([refused])
    assert looking.health.look([refused], now=NOW) == []


def test_changes_are_looked_for_in_the_webhooks_own_place(
    source: MessageSourceHarness, account: Account, workspace: Workspace
) -> None:
    at = datetime.now(UTC) - HOUR
    task = next(
        one
        for one in workspace.tasks.values()
        if not one.archived and not workspace.spaces[workspace.lists[one.list_id].space_id].archived
    )
    space_id = workspace.lists[task.list_id].space_id
    other = next(one for one in workspace.spaces if one != space_id)
    account.update_task(task.id, name="Renamed", at=at)
    client, span = source.source.tap().sync_context.client, (at - HOUR, at + HOUR / 2)
    for place, found in ((None, True), (space_id, True), (other, False)):
        one = Registered(workspace.id, place, "w1")
        assert changed_since(client, one, *span) is found
    assert (
        changed_since(client, Registered(workspace.id, None, "w1"), at - 2 * HOUR, at - HOUR)
        is False
    )
