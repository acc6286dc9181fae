"""`pandev check`: what it shows, its exit codes, and that it never shows the token."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import psycopg
import pytest

from fake_clickup import Account, Fault, generate
from tests.pandev.command import assert_golden, run_pandev, run_process, write_env

if TYPE_CHECKING:
    from pathlib import Path

    from fake_clickup import Behaviour, FakeClickUp

ACME, LABS = "90757011432", "90780887137"
BAD_TOKEN = "pk_1_AAAAAAAA"  # noqa: S105 - of a test


@pytest.fixture
def account() -> Account:
    new_account = generate(seed=7, tasks=40, workspaces=2)
    for workspace, name in zip(new_account.workspaces, ("Acme", "Labs"), strict=True):
        workspace.name = name
    return new_account


@pytest.fixture
def behaviour(behaviour: Behaviour) -> Behaviour:
    """Return a ClickUp on the smallest plan."""
    behaviour.limit_per_minute = 100
    return behaviour


@pytest.fixture
def folder(clickup: FakeClickUp, database: str, tmp_path: Path) -> Path:
    """Return a folder with all settings in `.env`."""
    write_env(
        tmp_path,
        TAP_CLICKUP_API_TOKEN=clickup.token,
        TAP_CLICKUP_API_URL=clickup.api_url,
        TARGET_PANDEV_STORE_URL=database.replace("'", ""),
        TARGET_PANDEV_STORE_SCHEMA="pandev",
    )
    return tmp_path


def without_version(text: str) -> str:
    return re.sub(r"PostgreSQL \d+\.\d+", "PostgreSQL 18.0", text)


def test_check_shows_user_roles_limit_and_store(folder: Path, clickup: FakeClickUp) -> None:
    """R4, R5, R6, R21, R22, R23: it reads only, and shows no token."""
    done = run_pandev(folder, "check")
    assert_golden("check", without_version(done.stdout))
    assert (done.returncode, done.stderr) == (0, "")
    assert {request.method for request in clickup.requests} == {"GET"}
    assert clickup.requests[0].path == "/api/v2/team"
    assert clickup.token not in done.stdout + done.stderr


def test_a_members_token_has_an_exit_code_of_its_own(folder: Path, behaviour: Behaviour) -> None:
    """R113: changes come by polling only."""
    behaviour.role = "member"
    done = run_pandev(folder, "check")
    assert done.returncode == 3
    assert_golden("check_member", without_version(done.stdout))
    assert_golden("check_member_problems", done.stderr, columns=None)


def test_a_guest_sees_only_what_is_shared(folder: Path, behaviour: Behaviour) -> None:
    """R6: what a role may not do is shown, not only that webhooks are refused."""
    behaviour.role = "guest"
    done = run_pandev(folder, "check")
    assert f"{ACME}  Acme  guest  not allowed  not allowed     4 shared\n" in done.stdout
    assert "or see what is not shared with it, so changes come by polling only" in done.stderr


def test_a_rejected_token_is_one_line_and_the_store_is_checked(folder: Path) -> None:
    """R92: "401 Unauthorized", without the token."""
    done = run_pandev(folder, "check", TAP_CLICKUP_API_TOKEN=BAD_TOKEN)
    assert done.returncode == 1
    assert_golden("check_bad_token", without_version(done.stdout))
    assert done.stderr == (
        "pandev: ClickUp: 401 Unauthorized: the token is wrong, expired or was regenerated; create "
        "a new one in ClickUp under avatar > Settings > My Settings > Apps > API Token, and set it "
        "as TAP_CLICKUP_API_TOKEN (OAUTH_025)\n"
    )
    assert BAD_TOKEN not in done.stdout + done.stderr


def test_a_store_that_is_down_is_named(folder: Path) -> None:
    """R4: ClickUp is checked all the same."""
    url = "postgresql://user:a-secret@127.0.0.1:9/db"
    done = run_pandev(folder, "check", TARGET_PANDEV_STORE_URL=url)
    assert done.returncode == 1
    assert "store       not usable\n" in done.stdout
    assert "90757011432  Acme  owner" in done.stdout
    assert done.stderr == (
        "pandev: store: store_url: cannot connect to the store at 127.0.0.1:9: Connection refused; "
        "check that PostgreSQL is running there and that user and password are correct\n"
    )


def test_a_check_creates_no_schema(folder: Path, database: str) -> None:
    done = run_pandev(folder, "check", "--store-schema", "other")
    assert done.returncode == 0
    text = " ".join(done.stdout.split())
    assert "schema other: writable; the first load will create the tables" in text
    with psycopg.connect(database) as connection:
        rows = connection.execute("SELECT to_regnamespace('other')").fetchall()
    assert rows == [(None,)]


def test_missing_settings_are_named_without_any_request(folder: Path, clickup: FakeClickUp) -> None:
    write_env(folder, TAP_CLICKUP_ENABLED="false")
    done = run_pandev(folder, "check", "--store-dir", str(folder / "store"))
    assert done.returncode == 1
    assert done.stdout.startswith(
        "result  something is broken, see below\nstore   the first load will create it in"
    )
    assert done.stderr == ("pandev: ClickUp: api_token: missing; save it with pandev token\n")
    assert clickup.requests == []
    assert not (folder / "store").exists()


def test_a_switch_that_is_off_and_a_slip_are_notes(folder: Path) -> None:
    done = run_pandev(
        folder, "check", TAP_CLICKUP_ENABLED="false", TAP_CLICKUP_WORKSPACE_ID="90757011432"
    )
    assert done.returncode == 0
    assert done.stderr == (
        "pandev: note: TAP_CLICKUP_WORKSPACE_ID: there is no setting of this name; see pandev "
        "settings\n"
        "pandev: note: enabled: is false, so runs read nothing; run pandev enable\n"
    )


def test_a_failed_read_of_spaces_is_reported_once(folder: Path, behaviour: Behaviour) -> None:
    """Live and archived spaces are two requests; the log of the tap does not repeat them."""
    behaviour.faults = [Fault(403, {"ECODE": "X_1"}, path=f"/team/{ACME}/space$")] * 2
    done = run_process(folder, "check")
    assert done.returncode == 1
    assert f"{ACME}  Acme  owner  allowed   allowed         not known\n" in done.stdout
    assert done.stderr == (
        f"pandev: workspace {ACME}: spaces (archived=false) and spaces (archived=true) not read: "
        f"GET /team/{ACME}/space: HTTP 403 X_1; see the user's role under Workspace settings > "
        "People\n"
    )


def test_check_as_json(folder: Path, behaviour: Behaviour) -> None:
    behaviour.role = "guest"
    done = run_pandev(
        folder, "check", "--format", "json", TAP_CLICKUP_WORKSPACE_IDS='["90757011432"]'
    )
    assert (done.returncode, done.stderr) == (3, "")
    result = json.loads(done.stdout)
    assert result["store"].pop("server_version")
    assert result["store"]["schema_version"] == result["store"]["newest_version"]
    limits = [
        "create webhooks",
        "read or write the tracked time of other users",
        "see what is not shared with it",
    ]
    assert result["exit_code"] == 3
    assert result["clickup"] == {
        "user": {"id": "45315415", "name": "Person 1"},
        "workspaces": [
            {
                "id": "90757011432",
                "name": "Acme",
                "role": "guest",
                "cannot": limits,
                "is_selected": True,
                "space_count": 4,
            },
            {
                "id": "90780887137",
                "name": "Labs",
                "role": "guest",
                "cannot": limits,
                "is_selected": False,
                "space_count": None,
            },
        ],
        "requests_per_minute": 100,
    }
    assert [problem["severity"] for problem in result["problems"]] == ["polling only"]
