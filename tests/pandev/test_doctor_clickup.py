"""`pandev doctor`: what the answers of ClickUp show, and what it says if there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.pandev.command import write_env
from tests.pandev.doctor_store import Doctor

if TYPE_CHECKING:
    from pathlib import Path

    from requests_mock import Mocker

API = "https://api.clickup.com/api/v2"
VARIABLE = "TAP_CLICKUP_API_TOKEN"
CREATE_ONE = (
    "create a new token in ClickUp under avatar > Settings > My Settings > Apps > API Token, and "
    "save it with pandev token"
)

TIME_TRACKING_OFF = "the ClickApp Time Tracking is off in space Shop, so no time is tracked there"
SWITCH_ON = (
    "switch it on under Workspace settings > ClickApps > Time Tracking, or set time_tracking to "
    "false, then run pandev sync"
)


@pytest.fixture
def doctor(tmp_path: Path) -> Doctor:
    """Return a doctor of a folder with nothing but a token."""
    return Doctor(None, tmp_path, {"TAP_CLICKUP_API_TOKEN": "pk_1_AAAAAAAA"})


def answer(requests_mock: Mocker, *, name: str | None = "Person 1", **features: bool) -> None:
    """Let ClickUp respond with a workspace that has one space."""
    clickapps = {feature: {"enabled": enabled} for feature, enabled in features.items()}
    space: dict[str, Any] = {"id": "1", "name": "Shop", "archived": False, "features": clickapps}
    member = {"user": {"id": 7, "role": 1}}
    requests_mock.get(f"{API}/team", json={"teams": [{"id": "9", "members": [member]}]})
    requests_mock.get(f"{API}/user", json={"user": {"id": 7, "username": name}})
    requests_mock.get(f"{API}/team/9/space", json={"spaces": [space]})
    requests_mock.get(f"{API}/team/9/webhook", json={"webhooks": []})


def test_a_missing_token_is_asked_for(doctor: Doctor) -> None:
    del doctor.settings["TAP_CLICKUP_API_TOKEN"]
    expected = ("problem", "TAP_CLICKUP_API_TOKEN is not set", CREATE_ONE)
    assert doctor.examine()["token"] == [expected]


def test_clickup_that_cannot_be_reached_is_a_problem(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A firewall or a proxy, for instance; everything else is checked all the same."""
    monkeypatch.setattr("tap_clickup.client.MAX_ATTEMPTS", 1)
    doctor.settings["TAP_CLICKUP_API_URL"] = "http://127.0.0.1:9/api/v2"
    findings = doctor.examine()
    assert findings["token"] == [
        (
            "problem",
            "GET /team: ConnectionError from 127.0.0.1 in 1 attempts",
            "check that its port can be reached, and run again",
        )
    ]
    assert findings["clock"] == [("skipped", "ClickUp was not read, see the check token", None)]
    assert findings["disk"][0][0] == "ok"
    assert doctor.exit_code == 1


def test_an_answer_of_another_server_is_a_problem(doctor: Doctor, requests_mock: Mocker) -> None:
    """The login page of a proxy, for instance."""
    requests_mock.get(f"{API}/team", text="<html>Sign in</html>")
    assert doctor.examine()["token"] == [
        (
            "problem",
            "GET /team: the response is not JSON",
            "check that this machine can reach api.clickup.com on port 443",
        )
    ]


def test_an_invalid_setting_is_to_be_corrected(doctor: Doctor) -> None:
    doctor.settings["TAP_CLICKUP_API_URL"] = "api.clickup.com"
    ((outcome, text, remedy),) = doctor.examine()["token"]
    assert (outcome, remedy) == ("problem", "correct the setting")
    assert text.startswith("api_url: expected a URL such as https://")


def test_an_invited_user_has_no_name(doctor: Doctor, requests_mock: Mocker) -> None:
    answer(requests_mock, name=None)
    assert doctor.examine()["token"] == [("ok", "accepted, of an invited user (user 7)", None)]


def test_time_tracking_that_is_off_is_a_warning(doctor: Doctor, requests_mock: Mocker) -> None:
    """R101, R103: worklogs are missing because the ClickApp is off; nothing else is wrong."""
    answer(requests_mock, time_tracking=False, sprints=True)
    assert doctor.examine()["clickapps"] == [
        (
            "warning",
            f"workspace 9: {TIME_TRACKING_OFF}",
            SWITCH_ON,
        )
    ]
    answer(requests_mock, time_tracking=True, sprints=True)
    assert doctor.examine()["clickapps"] == [("ok", "no ClickApp is missing", None)]


def test_a_workspace_that_is_not_visible_is_a_problem(
    doctor: Doctor, requests_mock: Mocker
) -> None:
    """R96, R97: the token's user is not a member of it, or the id is wrong."""
    answer(requests_mock)
    doctor.settings["TAP_CLICKUP_WORKSPACE_IDS"] = '["8"]'
    assert doctor.examine()["access"] == [
        (
            "problem",
            "selection: workspace_ids: 8 not visible to the token, which sees 9",
            "choose workspaces by pandev scopes, then run pandev sync",
        )
    ]
    assert doctor.exit_code == 1


def test_a_token_that_hides_another_in_env_is_a_warning(
    doctor: Doctor, requests_mock: Mocker, tmp_path: Path
) -> None:
    """R94: the receiver goes by `.env`, the other commands by the environment."""
    answer(requests_mock)
    path = write_env(tmp_path, **{VARIABLE: "pk_1_BBBBBBBB"})
    text = f"{VARIABLE} in the environment differs from that in .env, which the receiver uses"
    remedy = "remove it from the environment, so that .env counts everywhere"
    assert doctor.examine()["token"] == [("warning", text, remedy)]
    for text in (f"{VARIABLE}=pk_1_AAAAAAAA\n", "OTHER=1\n"):
        path.write_text(text)
        assert doctor.examine()["token"] == [("ok", "accepted, of Person 1 (user 7)", None)]
