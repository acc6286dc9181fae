"""Tap into target: a token that sees less than the previous one marks no time of other users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import psycopg
import pytest

from fake_clickup.storage import to_ms
from tests.support.commands import run_command
from tests.tap_clickup import accounts
from tests.tap_clickup.dates import days_ago, to_iso
from tests.tap_clickup.runner import environment
from tests.tap_clickup.time_tracking import track

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fake_clickup import Account, FakeClickUp

ENTRIES = """
SELECT user_id, round(extract(epoch FROM now() - started_at) / 86400)::int AS days,
    _sdc_deleted_at IS NOT NULL AS deleted
FROM pandev.time_entries ORDER BY user_id, days
"""
EARLIER = "UPDATE pandev.time_entries SET _sdc_extracted_at = _sdc_extracted_at - interval '1 day'"
OLGA, MIA = str(accounts.OWNER), str(accounts.MEMBER)


@pytest.fixture
def account() -> Account:
    """Return the shop with recent and old time entries of two users."""
    account = accounts.shop()
    for user_id in (accounts.OWNER, accounts.MEMBER):
        track(account, days_ago(80), user_id=user_id)
        track(account, days_ago(5), user_id=user_id)
    return account


@pytest.fixture
def sync(clickup: FakeClickUp, database: str, tmp_path: Path) -> Callable[[], None]:
    """Return a function that runs the tap into the target with the current token, a day later."""
    state = tmp_path / "state.json"

    def run() -> None:
        settings = {
            **environment(clickup),
            "TAP_CLICKUP_START_DATE": to_iso(days_ago(100)),
            "TARGET_PANDEV_STORE_URL": database,
        }
        options = ["--state", str(state)] if state.exists() else []
        messages = output("tap-clickup", *options, settings=settings)
        states = output("target-pandev", settings=settings, messages=messages)
        state.write_text(states.splitlines()[-1], encoding="utf-8")
        with psycopg.connect(database) as connection:
            connection.execute(EARLIER)

    return run


def output(command: str, *options: str, settings: dict[str, str], messages: str = "") -> str:
    """Return the output of a command that must succeed."""
    run = run_command(command, "--config=ENV", *options, env=settings, stdin=messages)
    assert run.returncode == 0, run.stderr
    return run.stdout


def entries(database: str) -> list[tuple[str, int, bool]]:
    """Return the user of each entry, its age in days and whether it is marked as deleted."""
    with psycopg.connect(database) as connection:
        return connection.execute(ENTRIES).fetchall()


def delete(account: Account, user_id: int, days: int) -> None:
    """Delete a user's entry of so many days ago."""
    since = to_ms(days_ago(days + 1))
    before = to_ms(days_ago(days - 1))
    (entry_id,) = (
        entry.id
        for entry in account.workspaces[0].time_entries.values()
        if entry.user_id == user_id and since < entry.start_ms < before
    )
    account.delete_time_entry(entry_id)


@pytest.mark.parametrize("role", ["owner", "member"])
def test_a_members_token_marks_no_time_of_other_users(
    clickup: FakeClickUp,
    account: Account,
    database: str,
    sync: Callable[[], None],
    role: Literal["owner", "member"],
) -> None:
    clickup.behaviour.role = role
    sync()
    users = [OLGA] if role == "member" else [OLGA, MIA]
    assert entries(database) == [(user_id, days, False) for user_id in users for days in (5, 80)]
    clickup.behaviour.role = "member"
    account.user_id = accounts.MEMBER
    account.token = f"pk_{MIA}_SHOPSHOPSHOPSHOP"
    sync()
    users = [OLGA, MIA]
    assert entries(database) == [(user_id, days, False) for user_id in users for days in (5, 80)]


def test_an_ignored_assignee_parameter_marks_no_time_entries(
    clickup: FakeClickUp, account: Account, database: str, sync: Callable[[], None]
) -> None:
    """ClickUp then responds with the entries of the token's user, who has none."""
    delete(account, accounts.OWNER, 80)
    delete(account, accounts.OWNER, 5)
    sync()
    clickup.behaviour.ignored_parameters = {"assignee"}
    sync()
    assert entries(database) == [(MIA, 5, False), (MIA, 80, False)]
    clickup.behaviour.ignored_parameters = set()
    delete(account, accounts.MEMBER, 5)
    track(account, days_ago(3), user_id=accounts.MEMBER)
    sync()
    assert entries(database) == [(MIA, 3, False), (MIA, 5, True), (MIA, 80, False)]
