"""`pandev status` over a real store: each state with its five lines and its exit code."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from clickup_receiver.meltano_project import RECEIVER
from pandev.status.evaluation import State, Status, WorkspaceStatus
from pandev.status.lines import describe
from pandev.status.surroundings import Surroundings
from tests.pandev.command import assert_golden, golden
from tests.pandev.status_store import (
    add_places,
    add_run,
    add_webhook,
    add_webhooks_read,
    exit_code,
    printed,
    status,
    values,
)

if TYPE_CHECKING:
    from pathlib import Path

    from fake_clickup import FakeClickUp
    from fake_clickup.model import Workspace

REASON = "401 Unauthorized: the token is wrong, expired or was regenerated; new"
REFUSED_TOKEN = [{"what": "run", "why": REASON, "retryable": True}]
DENIED = [{"what": "list 7", "why": "HTTP 401 OAUTH_027", "retryable": False}]
CONNECTED = golden("status_connected")


def test_a_recent_sync_is_connected(database: str) -> None:
    """R39, R40, R41, R42, R43: badge, counts of workspaces and spaces, last sync."""
    add_places(database, "900")
    add_run(database, finished="5 min", complete=True)
    assert_golden("status_connected", printed(database))
    assert exit_code(database) == 0


@pytest.mark.parametrize(("age", "word"), [("5 min", "32mConnected"), ("31 min", "33mStale")])
def test_the_first_word_is_a_coloured_badge(database: str, age: str, word: str) -> None:
    add_places(database, "900")
    add_run(database, finished=age, complete=True)
    begin = f"\x1b[{word}".replace("m", "m\x1b[1m", 1)
    assert status(database, FORCE_COLOR="1").stdout.startswith(f"{begin}\x1b[0m")


def test_the_lines_fit_a_phone(database: str) -> None:
    add_places(database, "900")
    add_run(database, finished="5 min", complete=False, refused=REFUSED_TOKEN)
    add_webhook(database, "h1", "suspended")
    assert_golden("status_phone", printed(database, COLUMNS="40"), columns=40)


def test_a_phone_shows_the_age_of_a_sync_without_its_time(database: str) -> None:
    add_places(database, "900")
    add_run(database, finished="40 h", complete=True)
    line = printed(database, COLUMNS="40").splitlines()[1]
    assert line == "Last sync  40 h ago, next unknown"


@pytest.mark.parametrize(
    ("age", "width", "expected"),
    [
        (timedelta(minutes=5), None, "5 min ago (23:48 UTC), next 00:03 UTC"),
        (timedelta(minutes=5), 48, "5 min ago (23:48 UTC), next 00:03 UTC"),
        (timedelta(minutes=5), 47, "5 min ago, next 00:03 UTC"),
        (timedelta(hours=47), 80, "47 h ago (2026-03-01 00:53 UTC), next due"),
        (timedelta(hours=47), 40, "47 h ago, next due"),
    ],
)
def test_the_last_sync_is_shortened_and_not_cut(
    age: timedelta, width: int | None, expected: str
) -> None:
    """A next sync within a day has no date."""
    now = datetime(2026, 3, 2, 23, 53, tzinfo=UTC)
    synced = WorkspaceStatus("900", "Shop", State.CONNECTED, last_sync_at=now - age)
    every_15_minutes = Surroundings(timedelta(minutes=15), RECEIVER)
    status = Status(State.CONNECTED, [synced])
    assert describe(status, every_15_minutes, now, width=width)[1] == ("Last sync", expected)


@pytest.mark.parametrize(("age", "expected"), [("29 min", 0), ("31 min", 3)])
def test_a_sync_older_than_thirty_minutes_is_stale(database: str, age: str, expected: int) -> None:
    """R43: no older than 30 minutes once the back-fill is complete."""
    add_places(database, "900")
    add_run(database, finished=age, complete=True)
    assert exit_code(database) == expected


def test_stale_shows_the_age_and_what_is_wrong_with_webhooks(database: str) -> None:
    add_places(database, "900", spaces=1)
    add_run(database, finished="3 days", complete=False, refused=DENIED)
    for webhook_id, health in (("h1", "active"), ("h2", "failing"), ("h3", "failing")):
        add_webhook(database, webhook_id, health)
    assert_golden("status_stale", printed(database))


def test_a_running_backfill_is_connected_with_its_progress(database: str) -> None:
    """R96: no tasks yet, because the back-fill is still running."""
    add_places(database, "900")
    add_run(database, started="50 min", seen="20 s", progress=0.4)
    assert_golden("status_running", printed(database))


def test_a_killed_backfill_is_an_error(database: str) -> None:
    """Its row was written every ten seconds, and is no longer."""
    add_places(database, "900")
    add_run(database, started="50 min", seen="11 min", progress=0.4)
    assert_golden("status_error", printed(database))
    assert exit_code(database) == 1


def test_a_killed_poll_counts_by_the_age_of_the_last_sync(database: str) -> None:
    add_places(database, "900")
    add_run(database, finished="29 min", complete=True)
    add_run(database, started="20 min", seen="15 min", progress=0.4)
    assert printed(database).startswith("Connected")
    assert values(database)["backfill"] == "complete"
    assert values(database)["is_running"] is False


def test_a_failed_run_after_a_complete_one_is_an_error(database: str) -> None:
    """R92: the token was refused; the store shows it without a request to ClickUp."""
    add_places(database, "900")
    add_run(database, finished="20 min", complete=True)
    add_run(database, finished="5 min", complete=False, refused=REFUSED_TOKEN)
    shown = values(database)
    assert (shown["state"], shown["exit_code"], shown["problem"]) == ("error", 1, REASON)
    assert shown["backfill"] == "complete"
    assert printed(database).splitlines()[1] == "Last sync  20 min ago (HH:MM UTC), next unknown"
    add_run(database, finished="1 min", complete=True)
    assert printed(database).startswith("Connected")


def test_a_denied_object_is_not_a_failure(database: str) -> None:
    """R104: everything else was read."""
    add_places(database, "900")
    add_run(database, finished="5 min", complete=False, refused=DENIED)
    assert exit_code(database) == 0
    assert values(database)["by_workspace"][0]["denied"] == ["list 7: HTTP 401 OAUTH_027"]


def test_the_worst_workspace_counts(database: str) -> None:
    add_places(database, "900", "901")
    add_run(database, finished="5 min", complete=True)
    add_run(database, "901", finished="45 min", complete=True)
    assert printed(database) == CONNECTED.replace("Connected", "Stale    ").replace(
        "1 workspace, 2", "2 workspaces, 4"
    ).replace("5 min", "45 min")
    states = [place["state"] for place in values(database)["by_workspace"]]
    assert states == ["connected", "stale"]


def test_only_what_is_selected_counts(database: str) -> None:
    """R40, R41: the store keeps what was deselected."""
    add_places(database, "900", "901")
    add_run(database, finished="5 min", complete=True)
    add_run(database, "901", finished="45 min", complete=True)
    one = printed(database, TAP_CLICKUP_WORKSPACE_IDS='["900"]')
    assert one == CONNECTED
    spaces = printed(database, TAP_CLICKUP_SPACE_IDS='["9001"]')
    assert spaces == CONNECTED.replace("2 spaces", "1 space")


def test_a_selected_workspace_without_a_run_is_stale(database: str) -> None:
    add_places(database, "900")
    add_run(database, finished="5 min", complete=True)
    shown = values(database, TAP_CLICKUP_WORKSPACE_IDS='["900", "902"]')
    assert (shown["state"], shown["problem"]) == ("stale", "not loaded yet")
    assert shown["backfill"] == "not started"


def test_a_workspace_without_a_run_may_have_selected_spaces(database: str) -> None:
    """Which spaces it has is not known before; one that was read and has none does not count."""
    add_places(database, "900", "901")
    add_run(database, finished="5 min", complete=True)
    add_run(database, "901", finished="45 min", complete=True)
    shown = values(
        database,
        TAP_CLICKUP_WORKSPACE_IDS='["900", "901", "902"]',
        TAP_CLICKUP_SPACE_IDS='["9001", "9020"]',
    )
    states = {place["workspace_id"]: place["state"] for place in shown["by_workspace"]}
    assert states == {"900": "connected", "902": "empty"}
    assert shown["state"] == "stale"


def test_a_refused_first_token_of_a_selected_workspace_is_shown(database: str) -> None:
    add_run(database, "900", finished="5 min", complete=False, refused=REFUSED_TOKEN)
    assert printed(database).splitlines()[0] == "Error      1 workspace, 0 spaces"


def test_a_disabled_integration_is_off(database: str) -> None:
    add_places(database, "900")
    add_run(database, finished="5 min", complete=True)
    assert_golden("status_off", printed(database, TAP_CLICKUP_ENABLED="false"))
    assert exit_code(database, TAP_CLICKUP_ENABLED="false") == 4


def test_webhooks_of_another_receiver_do_not_count(database: str) -> None:
    """They are the same user's, for another integration."""
    add_places(database, "900")
    add_run(database, finished="5 min", complete=True)
    add_webhook(database, "h1", "suspended", endpoint="https://other.example.com")
    url = "https://user:secret@receiver.example.com/v1/clickup/webhook"
    ours = values(database, "--webhook-url", url)["delivery"]
    assert (ours["mode"], ours["webhooks"]) == ("polling only", {})
    add_webhook(database, "h2")
    ours = values(database, "--webhook-url", url)["delivery"]
    assert (ours["mode"], ours["webhooks"]) == ("webhooks", {"active": 1})


def test_webhooks_of_deselected_spaces_do_not_count(database: str) -> None:
    add_places(database, "900")
    add_run(database, finished="5 min", complete=True)
    add_webhook(database, "h1", "suspended", space_id="9000")
    add_webhook(database, "h2", space_id="9001")
    add_webhook(database, "h3", "failing")
    shown = values(database, TAP_CLICKUP_SPACE_IDS='["9001"]')["delivery"]["webhooks"]
    assert shown == {"active": 1, "failing": 1}


def test_webhooks_of_a_former_user_do_not_count(database: str) -> None:
    """After a switch of users no run sees them, so nothing says whether they still exist."""
    add_places(database, "900")
    add_run(database, finished="5 min", complete=True)
    add_webhook(database, "h1", "suspended", user_id="7")
    add_webhook(database, "h2", user_id="8")
    add_webhook(database, "h3", "failing")
    add_webhooks_read(database, "8")
    assert values(database)["delivery"]["webhooks"] == {"active": 1, "failing": 1}


def test_webhooks_count_before_all_have_been_read(database: str) -> None:
    add_places(database, "900")
    add_run(database, finished="5 min", complete=True)
    add_webhook(database, "h1", "suspended", user_id="7")
    assert values(database)["delivery"]["webhooks"] == {"suspended": 1}


def test_a_sweep_that_was_not_complete_found_no_deletions(database: str) -> None:
    add_places(database, "900")
    add_run(database, finished="5 min", complete=True)
    add_run(database, finished="2 h", complete=True, source="tap-clickup-sweep")
    before = values(database)["by_workspace"][0]["last_sweep_at"]
    add_run(database, finished="1 h", complete=False, refused=DENIED, source="tap-clickup-sweep")
    assert values(database)["by_workspace"][0]["last_sweep_at"] == before


def test_a_workspace_without_webhooks_is_polled(database: str) -> None:
    """R113: the mode is shown."""
    add_places(database, "900", "901")
    for workspace_id in ("900", "901"):
        add_run(database, workspace_id, finished="5 min", complete=True)
    add_webhook(database, "h1")
    assert values(database)["delivery"]["mode"] == "webhooks in 1 of 2"


def test_an_empty_machine_gets_one_line(empty_database: str, tmp_path: Path) -> None:
    """No store, no schema, no folder is created."""
    empty = status(empty_database)
    assert_golden("status_empty", empty.stdout)
    assert empty.exit_code == 5
    folder = tmp_path / "store"
    embedded = status("", "--store-dir", str(folder))
    assert (embedded.stdout, embedded.exit_code) == (empty.stdout, 5)
    assert list(tmp_path.iterdir()) == []
    assert status(empty_database).stdout == empty.stdout


def test_live_asks_clickup_whether_it_accepts_the_token(
    clickup: FakeClickUp, workspace: Workspace, database: str
) -> None:
    """R92: the store alone does not show that the token was regenerated a minute ago."""
    add_places(database, workspace.id)
    add_run(database, workspace.id, finished="5 min", complete=True)
    settings = {"TAP_CLICKUP_API_URL": clickup.api_url, "TAP_CLICKUP_API_TOKEN": clickup.token}
    assert printed(database, "--live", **settings) == CONNECTED
    requests = len(clickup.requests)
    assert requests
    settings["TAP_CLICKUP_API_TOKEN"] += "X"
    assert printed(database, **settings) == CONNECTED
    assert len(clickup.requests) == requests
    shown = printed(database, "--live", **settings).splitlines()
    assert shown[0] == "Error      1 workspace, 2 spaces"
    assert shown[4] == (
        "Problem    401 Unauthorized: the token is wrong, expired or was regenerated"
    )


def test_json_has_stable_keys(database: str) -> None:
    add_places(database, "900")
    add_run(database, finished="5 min", complete=True)
    add_run(database, finished="50 min", complete=True, source="tap-clickup-sweep")
    shown: dict[str, Any] = values(database)
    (place,) = shown["by_workspace"]
    times = {name: shown.pop(name) for name in ("last_sync_at", "next_sync_at")}
    assert times["next_sync_at"] is None
    assert times["last_sync_at"] == place["last_sync_at"]
    assert place["last_sweep_at"] < place["last_sync_at"]
    del shown["by_workspace"]
    assert shown == {
        "state": "connected",
        "exit_code": 0,
        "problem": None,
        "workspaces": 1,
        "spaces": 2,
        "next_sync_by": None,
        "is_running": False,
        "backfill": "complete",
        "progress": None,
        "delivery": {
            "mode": "polling only",
            "webhooks": {},
            "receiver_is_ready": False,
            "pending_events": None,
            "dead_letters": None,
        },
        "data": {"denied": 0, "rejected": 0},
    }
