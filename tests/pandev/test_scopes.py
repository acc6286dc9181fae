"""`pandev scopes`: what is visible, what is selected, and what is saved."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from dotenv import dotenv_values

from fake_clickup import Account, Fault, generate
from tests.pandev.command import assert_golden, run_pandev, write_env

if TYPE_CHECKING:
    from pathlib import Path

    from fake_clickup import Behaviour, FakeClickUp

ACME, LABS = "90757011432", "90780887137"
SHOP, APPS, DOCS, OLD = "90702710297", "90775954015", "90767231382", "90758591061"
NAMES = {SHOP: "Shop", APPS: "Apps", DOCS: "Docs", OLD: "Old shop"}
LABS_SPACE = "90708731736"
IDS = ("TAP_CLICKUP_WORKSPACE_IDS", "TAP_CLICKUP_SPACE_IDS")
WORKSPACE_IDS, SPACE_IDS = IDS


@pytest.fixture
def account() -> Account:
    new_account = generate(seed=7, tasks=40, workspaces=2)
    for workspace, name in zip(new_account.workspaces, ("Acme", "Labs"), strict=True):
        workspace.name = name
    for space_id, name in NAMES.items():
        new_account.workspaces[0].spaces[space_id].name = name
    return new_account


@pytest.fixture
def folder(clickup: FakeClickUp, tmp_path: Path) -> Path:
    write_env(tmp_path, TAP_CLICKUP_API_TOKEN=clickup.token, TAP_CLICKUP_API_URL=clickup.api_url)
    return tmp_path


def saved(folder: Path) -> tuple[list[str] | None, list[str] | None]:
    """Return the workspaces and spaces in `.env`, None for what is not there."""
    values = dotenv_values(folder / ".env")
    workspaces, spaces = (json.loads(values.get(name) or "null") for name in IDS)
    return workspaces, spaces


def test_scopes_lists_everything_visible(folder: Path, clickup: FakeClickUp) -> None:
    """R25, R131: workspaces, spaces and folders with their ids; without a command, too."""
    done = run_pandev(folder, "scopes")
    assert_golden("scopes", done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert {request.method for request in clickup.requests} == {"GET"}
    assert_golden("scopes", run_pandev(folder, "scopes", "list").stdout)


def test_scopes_as_json_say_what_is_selected(folder: Path) -> None:
    settings = {WORKSPACE_IDS: f'["{ACME}"]', SPACE_IDS: f'["{SHOP}", "1"]'}
    done = run_pandev(folder, "scopes", "list", "--format", "json", **settings)
    listed = json.loads(done.stdout)
    acme, labs = listed["workspaces"]
    assert (acme["id"], acme["name"], acme["is_selected"]) == (ACME, "Acme", True)
    assert [(space["id"], space["is_selected"]) for space in acme["spaces"]] == [
        (SHOP, True),
        (APPS, False),
        (DOCS, False),
        (OLD, False),
    ]
    assert acme["spaces"][1]["folders"] == [
        {"id": "907134515234", "name": "Sprint ideas"},
        {"id": "907101823632", "name": "Folder 2"},
    ]
    assert labs["is_selected"] is False
    assert listed["hidden_ids"] == ["1"]
    assert done.stderr == (
        "pandev: 1: selected and not visible to the token; make its user a member, or run pandev "
        "scopes deselect 1\n"
    )


def test_the_first_selection_restricts_and_the_next_adds(folder: Path) -> None:
    """R24, R26: it is saved after a check, and says what to do next."""
    done = run_pandev(folder, "scopes", "select", "shop")
    assert_golden("scopes_select", done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert saved(folder) == ([ACME], [SHOP])
    assert run_pandev(folder, "scopes", "select", "Labs/Space 1").returncode == 0
    assert saved(folder) == ([ACME, LABS], sorted([SHOP, LABS_SPACE]))
    again = run_pandev(folder, "scopes", "select", SHOP)
    assert again.stdout == (
        f"selected already: space Shop ({SHOP}); to read nothing else, use --only\n"
    )
    assert run_pandev(folder, "scopes", "select", "--only", "Acme").returncode == 0
    assert saved(folder) == ([ACME], [])
    assert run_pandev(folder, "scopes", "select", "--all").returncode == 0
    assert saved(folder) == ([], [])


def test_deselecting_from_everything_names_the_others(folder: Path) -> None:
    """R132: a workspace or a space can be switched off at any time."""
    done = run_pandev(folder, "scopes", "deselect", "Labs", "Docs")
    assert_golden("scopes_deselect", done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert saved(folder) == ([ACME], sorted([SHOP, APPS, OLD]))
    done = run_pandev(folder, "scopes", "deselect", "Docs")
    assert (done.returncode, done.stdout) == (0, "nothing is changed\n")
    assert done.stderr == f"pandev: not selected: space Docs ({DOCS})\n"
    done = run_pandev(folder, "scopes", "deselect", "Acme")
    assert done.returncode == 1
    assert done.stderr == (
        "pandev: nothing would be left, and an empty selection means everything: select something "
        "else first, or stop reading with pandev disable\n"
    )
    assert saved(folder) == ([ACME], sorted([SHOP, APPS, OLD]))


def test_nothing_is_saved_unless_the_check_passes(folder: Path) -> None:
    """R24: here another selected space is not visible to the token."""
    write_env(folder, **{**dotenv_text(folder), WORKSPACE_IDS: f'["{ACME}"]', SPACE_IDS: '["1"]'})
    before = (folder / ".env").read_text()
    done = run_pandev(folder, "scopes", "select", "Shop")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        "pandev: selection: space_ids: 1 not visible to the token in the selected workspaces; make "
        "its user a member of the space, or deselect it by pandev scopes deselect\n"
        "pandev: the check has not passed, so nothing is saved\n"
    )
    assert (folder / ".env").read_text() == before
    both = run_pandev(folder, "scopes", "select", "--only", "Shop")
    assert (both.returncode, saved(folder)) == (0, ([ACME], [SHOP]))


def test_a_new_selection_is_shown_as_json(folder: Path) -> None:
    json_option = ("--format", "json")
    selected = json.loads(run_pandev(folder, "scopes", "select", "Shop", *json_option).stdout)
    assert selected.pop("next").startswith("run pandev connect if webhooks are registered")
    assert selected == {"workspace_ids": [ACME], "space_ids": [SHOP], "saved_in": ".env"}
    unchanged = {"workspace_ids": [ACME], "space_ids": [SHOP], "saved_in": None, "next": None}
    for arguments in (("select", "Shop"), ("deselect", "Apps")):
        done = run_pandev(folder, "scopes", *arguments, *json_option)
        assert (done.returncode, json.loads(done.stdout)) == (0, unchanged)
    run_pandev(folder, "scopes", "select", "Apps")
    deselected = run_pandev(folder, "scopes", "deselect", "Shop", *json_option)
    assert json.loads(deselected.stdout)["space_ids"] == [APPS]


def test_every_problem_of_a_check_is_in_the_json(folder: Path) -> None:
    write_env(folder, **{**dotenv_text(folder), WORKSPACE_IDS: f'["{ACME}"]', SPACE_IDS: '["1"]'})
    done = run_pandev(folder, "scopes", "select", "Shop", "--format", "json")
    assert json.loads(done.stdout) == {
        "exit_code": 1,
        "error": (
            "selection: space_ids: 1 not visible to the token in the selected workspaces; make "
            "its user a member of the space, or deselect it by pandev scopes deselect\n"
            "the check has not passed, so nothing is saved"
        ),
    }


def dotenv_text(folder: Path) -> dict[str, str]:
    return {name: value or "" for name, value in dotenv_values(folder / ".env").items()}


def test_a_selection_that_the_environment_overrides_is_refused(folder: Path) -> None:
    before = (folder / ".env").read_text()
    done = run_pandev(folder, "scopes", "select", "Apps", **{SPACE_IDS: f'["{SHOP}"]'})
    assert done.returncode == 1
    assert done.stderr == (
        f"pandev: {SPACE_IDS}: set in the environment, which takes precedence over .env; unset it "
        "there\n"
    )
    assert (folder / ".env").read_text() == before


def test_folders_that_cannot_be_read_are_named(folder: Path, behaviour: Behaviour) -> None:
    behaviour.faults = [Fault(403, {"ECODE": "X_1"}, path=f"/space/{APPS}/folder")]
    done = run_pandev(folder, "scopes", "list")
    assert done.returncode == 1
    assert f"space      {APPS}     Apps" in done.stdout
    assert done.stderr == (
        f"pandev: space {APPS}: folders not read: GET /space/{APPS}/folder: HTTP 403 X_1\n"
    )


@pytest.mark.parametrize("arguments", [(), ("--all", "Shop")])
def test_select_needs_a_scope_or_all(folder: Path, arguments: tuple[str, ...]) -> None:
    done = run_pandev(folder, "scopes", "select", *arguments)
    assert done.returncode == 2
    assert done.stderr.endswith("Error: give ids or names, or --all\n")
