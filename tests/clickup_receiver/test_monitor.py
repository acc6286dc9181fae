"""Gaps in the deliveries of webhooks are detected and polled."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from clickup_receiver.webhooks.monitor import WebhookMonitor, has_changed_tasks
from clickup_receiver.webhooks.webhook_status import WebhookStatus

if TYPE_CHECKING:
    from fake_clickup import Account
    from fake_clickup.model import Workspace
    from tests.clickup_receiver.message_source import MessageSourceHarness

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
HEALTHY = WebhookStatus("1", None, "w1")


class MonitorHarness:
    """A monitor of webhooks.

    `last_delivery_times` and `tasks_changed` are the input, `polled_gaps` the gaps it had polled,
    `searches` the periods in which it searched for changed tasks.
    """

    def __init__(self) -> None:
        self.last_delivery_times: dict[str, datetime] = {}
        self.tasks_changed = True
        self.polled_gaps: list[timedelta] = []
        self.searches: list[tuple[datetime, datetime]] = []
        self.monitor = WebhookMonitor(
            endpoint="https://receiver.example.com/v1/clickup/webhook",
            last_delivery_times=lambda: self.last_delivery_times,
            has_changed_tasks=self._has_changed_tasks,
            catch_up=self.polled_gaps.append,
        )

    def _has_changed_tasks(self, _: WebhookStatus, start: datetime, end: datetime) -> bool:
        self.searches.append((start, end))
        return self.tasks_changed


@pytest.fixture
def harness() -> MonitorHarness:
    return MonitorHarness()


def test_healthy_webhooks_are_not_polled(harness: MonitorHarness) -> None:
    harness.last_delivery_times = {"w1": NOW}
    assert harness.monitor.check([HEALTHY], now=NOW) == []
    assert harness.polled_gaps == []
    assert harness.searches == []


@pytest.mark.parametrize(
    ("webhook", "failures"),
    [
        (
            WebhookStatus("1", None, "w1", ("reactivated",), "suspended", 100),
            "suspended after 100 failed deliveries",
        ),
        (
            WebhookStatus("1", None, "w1", ("reactivated",), "failing", 3),
            "failing after 3 failed deliveries",
        ),
        (WebhookStatus("1", None, "w1", (), "active", 1), "active after 1 failed delivery"),
    ],
)
def test_a_failing_webhook_is_logged_and_polled(
    harness: MonitorHarness,
    webhook: WebhookStatus,
    failures: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """R98: the log advises how to check that ClickUp can reach the receiver."""
    harness.last_delivery_times = {"w1": NOW - 3 * HOUR}
    harness.monitor.log_failures([webhook])
    assert harness.monitor.check([webhook], now=NOW) == ["w1"]
    assert harness.polled_gaps == [3 * HOUR]
    assert f"webhook w1 of workspace 1 was {failures}, and is active again" in caplog.text
    assert "check from any host with internet access that `curl -I https://receiver" in caplog.text


def test_the_longest_of_several_gaps_is_polled(harness: MonitorHarness) -> None:
    harness.last_delivery_times = {"w1": NOW - HOUR, "w2": NOW - 30 * HOUR}
    suspended = [
        WebhookStatus("1", None, webhook_id, health="suspended", fail_count=100)
        for webhook_id in ("w1", "w2")
    ]
    assert harness.monitor.check(suspended, now=NOW) == ["w1", "w2"]
    assert harness.polled_gaps == [30 * HOUR]


def test_a_silent_webhook_is_detected_once_per_hour(
    harness: MonitorHarness, caplog: pytest.LogCaptureFixture
) -> None:
    """It is silent if tasks have changed, apart from those of the latest ten minutes."""
    harness.last_delivery_times = {"w1": NOW}
    detected = [
        (minutes, webhook_id)
        for minutes in range(0, 180, 5)
        for webhook_id in harness.monitor.check([HEALTHY], now=NOW + minutes * MINUTE)
    ]
    assert detected == [(60, "w1"), (120, "w1")]
    assert harness.polled_gaps == [HOUR, 2 * HOUR]
    expected = "webhook w1 of workspace 1: no deliveries since 2026-03-01T12:00:00+00:00"
    assert expected in caplog.text
    assert harness.searches[0] == (NOW + 10 * MINUTE, NOW + 50 * MINUTE)


def test_a_webhook_without_changed_tasks_is_not_silent(harness: MonitorHarness) -> None:
    harness.last_delivery_times = {"w1": NOW}
    harness.tasks_changed = False
    assert harness.monitor.check([HEALTHY], now=NOW + HOUR) == []
    assert harness.polled_gaps == []


def test_a_new_webhook_is_given_an_hour(harness: MonitorHarness) -> None:
    assert harness.monitor.check([HEALTHY], now=NOW) == []
    assert harness.monitor.check([HEALTHY], now=NOW + HOUR - MINUTE) == []
    assert harness.monitor.check([HEALTHY], now=NOW + HOUR) == ["w1"]


def test_a_delivery_gives_a_webhook_another_hour(harness: MonitorHarness) -> None:
    harness.monitor.check([HEALTHY], now=NOW)
    harness.last_delivery_times = {"w1": NOW + HOUR / 2}
    assert harness.monitor.check([HEALTHY], now=NOW + HOUR) == []
    assert harness.monitor.check([HEALTHY], now=NOW + HOUR * 3 / 2) == ["w1"]


def test_a_restart_gives_a_webhook_another_hour(harness: MonitorHarness) -> None:
    """Nothing could be delivered while the receiver was not running."""
    harness.last_delivery_times = {"w1": NOW - 5 * HOUR}
    assert harness.monitor.check([HEALTHY], now=NOW) == []
    assert harness.monitor.check([HEALTHY], now=NOW + HOUR - MINUTE) == []


def test_a_scope_without_a_webhook_is_logged_and_not_checked(
    harness: MonitorHarness, caplog: pytest.LogCaptureFixture
) -> None:
    """It is polled on schedule."""
    denied = WebhookStatus("1", None, error="changes come by polling only")
    harness.monitor.log_failures([denied])
    assert harness.monitor.check([denied], now=NOW) == []
    assert harness.polled_gaps == []
    assert caplog.messages == ["workspace 1: changes come by polling only"]


def test_changed_tasks_are_searched_in_the_webhooks_scope(
    source: MessageSourceHarness, account: Account, workspace: Workspace
) -> None:
    changed_at = datetime.now(UTC) - HOUR
    task = next(
        task
        for task in workspace.tasks.values()
        if not task.archived
        and not workspace.spaces[workspace.lists[task.list_id].space_id].archived
    )
    space_id = workspace.lists[task.list_id].space_id
    other_space_id = next(other for other in workspace.spaces if other != space_id)
    account.update_task(task.id, name="Renamed", at=changed_at)
    client = source.source.sync_context().client

    def is_changed(scope: str | None, start: datetime, end: datetime) -> bool:
        return has_changed_tasks(client, WebhookStatus(workspace.id, scope, "w1"), start, end)

    assert is_changed(None, changed_at - HOUR, changed_at + HOUR / 2) is True
    assert is_changed(space_id, changed_at - HOUR, changed_at + HOUR / 2) is True
    assert is_changed(other_space_id, changed_at - HOUR, changed_at + HOUR / 2) is False
    assert is_changed(None, changed_at - 2 * HOUR, changed_at - HOUR) is False
