"""Checking the connection: whose token it is, what its role cannot do, and what is not visible."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from clickup_receiver.receiver_context import receiver_context
from fake_clickup import Account, Fault, generate
from pandev.connection import Problem, TokenUser, WorkspaceAccess, check_connection
from tap_clickup.errors import (
    AccessDeniedError,
    ApiUnavailableError,
    ConfigurationError,
    InvalidTokenError,
    UnexpectedResponseError,
)
from tap_clickup.tap import TapClickUp

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests_mock import Mocker

    from fake_clickup import Behaviour, FakeClickUp
    from fake_clickup.model import Workspace
    from pandev.connection import ConnectionCheck

    Check = Callable[..., ConnectionCheck]

TOKEN = "pk_1_AAAAAAAA"  # noqa: S105 - of a test
LIMITS = ("create webhooks", "read or write the tracked time of other users")
UNSHARED = "see what is not shared with it"
ADVICE = (
    "the token is wrong, expired or was regenerated; create a new one in ClickUp under avatar > "
    "Settings > My Settings > Apps > API Token, and set it as TAP_CLICKUP_API_TOKEN"
)


@pytest.fixture
def account() -> Account:
    return generate(seed=7, tasks=40, workspaces=2)


@pytest.fixture
def check(clickup: FakeClickUp) -> Check:
    """Return the check of the connection to the fake ClickUp, with further settings."""

    def check_with(**settings: Any) -> ConnectionCheck:
        config = {"api_token": clickup.token, "api_url": clickup.api_url, **settings}
        return check_connection(receiver_context(TapClickUp(config=config).config))

    return check_with


def space_ids(workspace: Workspace) -> list[str]:
    return sorted(workspace.spaces)


def errors(result: ConnectionCheck) -> list[str]:
    return [str(problem) for problem in result.problems if problem.severity == "error"]


def test_the_check_names_user_workspaces_roles_and_limit(
    check: Check, clickup: FakeClickUp, account: Account
) -> None:
    """R21, R22, R23: the first request is `GET /api/v2/team`, the second for the user."""
    first, second = account.workspaces
    result = check(workspace_ids=[first.id])
    user = first.users[account.user_id]
    assert result.user == TokenUser(str(user.id), user.username)
    assert result.workspaces == (
        WorkspaceAccess(first.id, first.name, "owner", (), True, len(first.spaces)),  # noqa: FBT003
        WorkspaceAccess(second.id, second.name, "owner", (), False),  # noqa: FBT003
    )
    assert result.requests_per_minute == 10_000
    assert errors(result) == []
    assert not result.is_polling_only
    spaces = f"/api/v2/team/{first.id}/space"
    requests = [(request.method, request.path) for request in clickup.requests]
    assert requests == [("GET", path) for path in ("/api/v2/team", "/api/v2/user", spaces, spaces)]


@pytest.mark.parametrize(("role", "last"), [("member", LIMITS[1]), ("guest", UNSHARED)])
def test_a_role_without_webhooks_means_polling_only(
    check: Check, behaviour: Behaviour, workspace: Workspace, role: Any, last: str
) -> None:
    """R6, R112, R113: it is a problem of its own kind, and only of selected workspaces."""
    behaviour.role = role
    result = check(workspace_ids=[workspace.id])
    cannot = LIMITS if role == "member" else (*LIMITS, UNSHARED)
    assert [(access.role, access.cannot) for access in result.workspaces] == [(role, cannot)] * 2
    assert result.is_polling_only
    assert result.errors == ()
    (problem,) = (problem for problem in result.problems if problem.severity == "polling only")
    assert str(problem) == (
        f"workspace {workspace.id}: the token's user is a {role} and cannot "
        f"{', '.join(cannot[:-1])}, or {last}, so changes come by polling only; make the user an "
        "owner or admin under Workspace settings > People"
    )


@pytest.mark.parametrize(
    ("fields", "role", "cannot"),
    [
        ({"role": 2, "role_key": "admin"}, "admin", ()),
        ({"role": 4, "role_key": "limited_member"}, "limited member", LIMITS),
        ({"role": 4}, "guest", (*LIMITS, UNSHARED)),
        ({}, None, ()),
        ({"role": 77}, None, ()),
    ],
)
def test_the_role_is_the_one_that_clickup_reports(
    requests_mock: Mocker, fields: dict[str, Any], role: str | None, cannot: tuple[str, ...]
) -> None:
    """Early versions of the API report none."""
    members = [{"user": {"id": 8, "role": 1}}, {"user": {"id": 7, **fields}}]
    base = "https://api.clickup.com/api/v2"
    teams = [{"id": "9", "name": None, "members": members}]
    requests_mock.get(f"{base}/team", json={"teams": teams})
    requests_mock.get(f"{base}/user", json={"user": {"id": 7, "username": None}})
    requests_mock.get(f"{base}/team/9/space", json={"spaces": [{"id": "1", "name": "Shop"}]})
    result = check_connection(receiver_context(TapClickUp(config={"api_token": TOKEN}).config))
    assert result.user == TokenUser("7", None)
    assert result.workspaces == (WorkspaceAccess("9", None, role, cannot, True, 1),)  # noqa: FBT003
    assert result.requests_per_minute is None


def test_a_rejected_token_is_named_with_the_remedy(check: Check) -> None:
    """R92, R93: the text is "401 Unauthorized", and advises to create a new token."""
    with pytest.raises(InvalidTokenError) as caught:
        check(api_token=TOKEN)
    assert str(caught.value) == f"401 Unauthorized: {ADVICE} (OAUTH_025)"


def test_a_token_of_another_form_is_rejected_before_any_request(
    check: Check, clickup: FakeClickUp
) -> None:
    """R14: personal tokens begin with pk_."""
    with pytest.raises(ConfigurationError, match=r"^api_token: expected a personal API token"):
        check(api_token="secret")  # noqa: S106 - of a test
    assert clickup.requests == []


def test_an_unreachable_api_is_named(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tap_clickup.client.MAX_ATTEMPTS", 1)
    with pytest.raises(ApiUnavailableError) as caught:
        check(api_url="http://127.0.0.1:9/api/v2")
    assert str(caught.value) == (
        "GET /team: ConnectionError from 127.0.0.1 in 1 attempts; check that its port can be "
        "reached, and run again"
    )


def test_a_wrong_address_of_the_api_is_an_error(
    check: Check, clickup: FakeClickUp, requests_mock: Mocker
) -> None:
    requests_mock.get("https://example.com/team", text="<html>Welcome</html>")
    with pytest.raises(UnexpectedResponseError, match=r"^GET /team: the response is not JSON$"):
        check(api_url="https://example.com")
    requests_mock.get(f"{clickup.api_url}x/team", real_http=True)
    with pytest.raises(AccessDeniedError, match=r"^GET /team: HTTP 404 APP_001$"):
        check(api_url=f"{clickup.api_url}x")


def test_a_selection_that_is_not_visible_is_an_error(
    check: Check, account: Account, behaviour: Behaviour
) -> None:
    first, second = account.workspaces
    hidden, visible = space_ids(first)[:2]
    behaviour.hidden_spaces = {hidden}
    result = check(workspace_ids=[first.id], space_ids=[hidden, visible])
    assert errors(result) == [
        (
            f"selection: space_ids: {hidden} not visible to the token in the selected workspaces; "
            "make its user a member of the space, or deselect it by pandev scopes deselect"
        )
    ]
    assert result.workspaces[0].space_count == 1
    assert errors(check(workspace_ids=["1"])) == [
        (
            f"selection: workspace_ids: 1 not visible to the token, which sees {first.id}, "
            f"{second.id}; choose workspaces by pandev scopes"
        )
    ]


def test_spaces_of_one_workspace_need_no_space_of_the_others(
    check: Check, workspace: Workspace
) -> None:
    result = check(space_ids=space_ids(workspace)[:2])
    assert errors(result) == []
    assert [access.space_count for access in result.workspaces] == [2, 0]


def test_a_user_without_workspace_or_space_is_an_error(
    check: Check, behaviour: Behaviour, workspace: Workspace
) -> None:
    behaviour.hidden_spaces = set(workspace.spaces)
    assert errors(check(workspace_ids=[workspace.id])) == [
        (
            f"workspace {workspace.id}: the token's user sees no space; make the user a member of "
            "the spaces to read"
        )
    ]
    behaviour.faults = [Fault(200, {"teams": []}, path="/team$")]
    (error,) = errors(check())
    assert error.endswith(
        "is in no workspace; invite the user in ClickUp under Workspace settings > People"
    )


def test_a_lasting_failure_says_once_to_try_again(
    check: Check, behaviour: Behaviour, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tap_clickup.client.MAX_ATTEMPTS", 1)
    unavailable = [Fault(500, path="/space$")] * 2
    behaviour.faults = unavailable
    result = check(workspace_ids=[workspace.id])
    assert errors(result) == [
        (
            f"workspace {workspace.id}: spaces (archived=false) and spaces (archived=true) not "
            f"read: GET /team/{workspace.id}/space: HTTP 500 from 127.0.0.1 in 1 attempts; check "
            "that its port can be reached, and run again"
        )
    ]
    assert [access.space_count for access in result.workspaces] == [None, None]
    behaviour.faults = [Fault(200, "<html>", path="/space$")]
    (error,) = errors(check(workspace_ids=[workspace.id]))
    assert error.endswith("/space: the response is not JSON; try again")


def test_spaces_that_cannot_be_read_are_an_error(
    check: Check, behaviour: Behaviour, workspace: Workspace
) -> None:
    behaviour.faults = [Fault(403, {"ECODE": "X_1"}, path="/space$")]
    assert errors(check(workspace_ids=[workspace.id])) == [
        (
            f"workspace {workspace.id}: spaces (archived=false) not read: GET /team/{workspace.id}"
            "/space: HTTP 403 X_1; see the user's role under Workspace settings > People"
        )
    ]


def spaces_response(*features: dict[str, bool], archived: bool = False) -> Fault:
    """Return a response with a space for each set of ClickApps."""
    spaces = [
        {
            "id": str(number),
            "name": f"Space {number}",
            "archived": archived,
            "features": {name: {"enabled": enabled} for name, enabled in clickapps.items()},
        }
        for number, clickapps in enumerate(features)
    ]
    return Fault(200, {"spaces": spaces}, path="/space$")


def test_clickapps_that_are_off_are_notes(
    check: Check, behaviour: Behaviour, workspace: Workspace
) -> None:
    """R84, R101: not for a space of which ClickUp does not report it, nor an archived one."""
    off = {"time_tracking": False, "sprints": False}
    live, archived = spaces_response(off, {"sprints": False}), spaces_response(off, archived=True)
    behaviour.faults = [live, archived]
    result = check(workspace_ids=[workspace.id])
    assert result.problems == (
        Problem(
            "note",
            f"workspace {workspace.id}",
            "the ClickApp Time Tracking is off in space Space 0, so no time is tracked there",
            "switch it on under Workspace settings > ClickApps > Time Tracking, or set "
            "time_tracking to false",
        ),
        Problem(
            "note",
            f"workspace {workspace.id}",
            "the ClickApp Sprints is off in all selected spaces, so there are no sprints",
            "switch it on under Workspace settings > ClickApps > Sprints, or set sprints to false",
        ),
    )


def test_a_clickapp_that_is_not_read_gives_no_note(
    check: Check, behaviour: Behaviour, workspace: Workspace
) -> None:
    """R116: time entries and sprints can be switched off. One space with sprints is enough."""
    off = {"time_tracking": False, "sprints": False}
    behaviour.faults = [spaces_response(off)]
    settings = {"time_tracking": False, "sprints": False}
    assert check(workspace_ids=[workspace.id], **settings).problems == ()
    on = {"time_tracking": True, "sprints": True}
    behaviour.faults = [spaces_response(on, {"sprints": False})]
    assert check(workspace_ids=[workspace.id]).problems == ()
