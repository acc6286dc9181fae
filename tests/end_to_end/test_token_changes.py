"""Tap into target: a token that sees less than the one before has nobody else's time marked."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Literal

import psycopg
import pytest

from fake_clickup import Behaviour, FakeClickUp
from fake_clickup.storage import to_ms
from tests.end_to_end.pipeline import COMMANDS
from tests.tap_clickup import accounts
from tests.tap_clickup.runner import environment
from tests.tap_clickup.time_tracking import ago, text, track

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from fake_clickup import Account

ENTRIES = """
SELECT user_id, round(extract(epoch FROM now() - started_at) / 86400)::int AS days,
    _sdc_deleted_at IS NOT NULL AS gone
FROM pandev.time_entries ORDER BY user_id, days
"""
EARLIER = "UPDATE pandev.time_entries SET _sdc_extracted_at = _sdc_extracted_at - interval '1 day'"
OLGA, MIA = str(accounts.OWNER), str(accounts.MEMBER)


@pytest.fixture
def account() -> Account:
    """Return the shop with time of two people, of late and of long ago."""
    account = accounts.shop()
    for user_id in (accounts.OWNER, accounts.MEMBER):
        track(account, ago(80), user_id=user_id)
        track(account, ago(5), user_id=user_id)
    return account


@pytest.fixture
def clickup(account: Account) -> Iterator[FakeClickUp]:
    with FakeClickUp(account, behaviour=Behaviour()) as running:
        yield running


@pytest.fixture
def sync(clickup: FakeClickUp, database: str, tmp_path: Path) -> Callable[[], None]:
    """Return what runs the tap into the target with the token of then; runs are a day apart."""
    state = tmp_path / "state.json"

    def run() -> None:
        since = {"TAP_CLICKUP_START_DATE": text(ago(100)), "TARGET_PANDEV_STORE_URL": database}
        settings = {**environment(clickup), **since}
        options = ["--state", str(state)] if state.exists() else []
        messages = output("tap-clickup", *options, settings=settings)
        states = output("target-pandev", settings=settings, messages=messages)
        state.write_text(states.splitlines()[-1], encoding="utf-8")
        with psycopg.connect(database) as connection:
            connection.execute(EARLIER)

    return run


def output(command: str, *options: str, settings: dict[str, str], messages: str = "") -> str:
    """Return what a command writes that ends well."""
    ended = subprocess.run(
        [COMMANDS / command, "--config=ENV", *options],
        input=messages,
        text=True,
        capture_output=True,
        check=False,
        env=settings,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def entries(database: str) -> list[tuple[str, int, bool]]:
    """Return whose each entry is, how many days old it is and whether it is marked as gone."""
    with psycopg.connect(database) as connection:
        return connection.execute(ENTRIES).fetchall()


def delete(account: Account, user_id: int, days: int) -> None:
    """Delete somebody's entry of so many days ago."""
    since, before = to_ms(ago(days + 1)), to_ms(ago(days - 1))
    (entry_id,) = (
        one.id
        for one in account.workspaces[0].time_entries.values()
        if one.user_id == user_id and since < one.start_ms < before
    )
    account.delete_time_entry(entry_id)


@pytest.mark.parametrize("role", ["owner", "member"])
def test_another_members_token_adds_the_own_time_and_marks_nothing_of_anybody_elses(
    clickup: FakeClickUp,
    account: Account,
    database: str,
    sync: Callable[[], None],
    role: Literal["owner", "member"],
) -> None:
    clickup.behaviour.role = role
    sync()
    seen = [OLGA] if role == "member" else [OLGA, MIA]
    assert entries(database) == [(one, days, False) for one in seen for days in (5, 80)]
    clickup.behaviour.role = "member"
    account.user_id, account.token = accounts.MEMBER, f"pk_{MIA}_SHOPSHOPSHOPSHOP"
    sync()
    assert entries(database) == [(one, days, False) for one in (OLGA, MIA) for days in (5, 80)]


def test_an_ignored_assignee_marks_the_time_of_nobody_where_the_own_user_has_none(
    clickup: FakeClickUp, account: Account, database: str, sync: Callable[[], None]
) -> None:
    """ClickUp answers with the own entries then, that is with none at all."""
    delete(account, accounts.OWNER, 80)
    delete(account, accounts.OWNER, 5)
    sync()
    clickup.behaviour.ignored_parameters = {"assignee"}
    sync()
    assert entries(database) == [(MIA, 5, False), (MIA, 80, False)]
    clickup.behaviour.ignored_parameters = set()
    delete(account, accounts.MEMBER, 5)
    track(account, ago(3), user_id=accounts.MEMBER)
    sync()
    assert entries(database) == [(MIA, 3, False), (MIA, 5, True), (MIA, 80, False)]
