"""`pandev doctor`: each trouble is planted, found by the check of its name, and has a remedy."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from fake_clickup import generate
from pandev.diagnosis.check import Check, Finding, Outcome
from tests.pandev.doctor_store import Doctor, add_status, answering, execute
from tests.pandev.status_store import add_places, add_run

if TYPE_CHECKING:
    from pathlib import Path

    from fake_clickup import Account, Behaviour, FakeClickUp
    from fake_clickup.model import Workspace
    from pandev.diagnosis.examination import Examination

PEOPLE = (
    "make the user an owner or admin under Workspace settings > People, then run pandev connect"
)


@pytest.fixture
def account() -> Account:
    return generate(seed=7, tasks=5)


@pytest.fixture
def doctor(clickup: FakeClickUp, workspace: Workspace, database: str, tmp_path: Path) -> Doctor:
    """Return a doctor of a healthy set-up: a workspace that was synced five minutes ago."""
    add_places(database, workspace.id, spaces=1)
    add_run(database, workspace.id, finished="5 min", complete=True)
    settings = {"TAP_CLICKUP_API_TOKEN": clickup.token, "TAP_CLICKUP_API_URL": clickup.api_url}
    return Doctor(database, tmp_path, settings)


def test_a_healthy_set_up_has_no_problem(doctor: Doctor, clickup: FakeClickUp) -> None:
    """R98, R99, R100: with webhooks, a public address and a receiver."""
    with answering(200) as port:
        url = f"http://127.0.0.1:{port}/v1/clickup/webhook"
        clickup.account.add_webhook(endpoint=url, events=["*"])
        findings = doctor.examine("--webhook-url", url, "--receiver-port", str(port))
    outcomes = {name: {finding[0] for finding in found} for name, found in findings.items()}
    assert {name for name, found in outcomes.items() if "problem" in found} == set()
    for name in ("token", "clock", "role", "access", "store", "back-fill", "last sync"):
        assert outcomes[name] == {"ok"}, name
    for name in ("time entries", "denied", "statuses", "rejected", "webhooks", "address"):
        assert outcomes[name] == {"ok"}, name
    assert outcomes["receiver"] == outcomes["disk"] == outcomes["versions"] == {"ok"}
    assert doctor.exit_code == 0


def test_a_wrong_token_is_a_problem(doctor: Doctor, clickup: FakeClickUp) -> None:
    """R92, R93: 401, what it means, and where to get a new one."""
    doctor.settings["TAP_CLICKUP_API_TOKEN"] = f"{clickup.token}X"
    findings = doctor.examine()
    ((outcome, text, remedy),) = findings["token"]
    assert outcome == "problem"
    assert text == "401 Unauthorized: the token is wrong, expired or was regenerated"
    assert remedy == (
        "create a new token in ClickUp under avatar > Settings > My Settings > Apps > API Token, "
        "and save it with pandev token"
    )
    for name in ("clock", "role", "access", "clickapps"):
        assert findings[name] == [("skipped", "ClickUp was not read, see the check token", None)], (
            name
        )
    assert findings["store"][0][0] == "ok"
    assert doctor.exit_code == 1


def test_a_wrong_clock_is_a_problem(doctor: Doctor, behaviour: Behaviour) -> None:
    behaviour.clock = lambda: time.time() + 3_600
    findings = doctor.examine()
    assert findings["clock"] == [
        (
            "problem",
            "the clock of this machine is 60 minutes behind ClickUp's",
            "set it, for instance with timedatectl set-ntp true, and run again",
        )
    ]
    assert findings["token"] == [("skipped", "see the check clock", None)]


def test_a_member_gets_a_warning(
    doctor: Doctor, behaviour: Behaviour, workspace: Workspace
) -> None:
    """R112, R113: tasks are read, changes come by polling only."""
    behaviour.role = "member"
    ((outcome, text, remedy),) = doctor.examine()["role"]
    assert (outcome, remedy) == ("warning", PEOPLE)
    assert text.startswith(f"workspace {workspace.id}: the token's user is a member and cannot")
    assert doctor.exit_code == 0


def test_a_hidden_space_differs_from_a_running_back_fill(
    doctor: Doctor, behaviour: Behaviour, workspace: Workspace, database: str
) -> None:
    """R96, R97: no tasks after 30 minutes has two causes."""
    execute(database, "DELETE FROM sync_runs")
    add_run(database, workspace.id, started="40 min", seen="5 s", progress=0.4)
    space_id = next(iter(workspace.spaces))
    doctor.settings["TAP_CLICKUP_SPACE_IDS"] = f'["{space_id}"]'
    findings = doctor.examine()
    running = f"workspace {workspace.id}: still running at 40%; tasks appear as it goes on"
    assert findings["access"][0][0] == "ok"
    assert findings["back-fill"] == [("ok", running, None)]
    behaviour.hidden_spaces = {space_id}
    ((outcome, text, remedy),) = doctor.examine()["access"]
    assert (outcome, f"space_ids: {space_id} not visible" in text) == ("problem", True)
    assert (remedy or "").startswith("make its user a member of the space")


def test_a_killed_back_fill_is_a_problem(
    doctor: Doctor, workspace: Workspace, database: str
) -> None:
    execute(database, "DELETE FROM sync_runs")
    add_run(database, workspace.id, started="40 min", seen="20 min", progress=0.4)
    assert doctor.examine()["back-fill"] == [
        (
            "problem",
            f"workspace {workspace.id}: was stopped or killed at 40%",
            "run pandev sync; it goes on where it was",
        )
    ]


def test_an_old_sync_is_a_problem(doctor: Doctor, workspace: Workspace, database: str) -> None:
    """R43: once the back-fill is complete, no older than 30 minutes."""
    execute(database, "DELETE FROM sync_runs")
    add_run(database, workspace.id, finished="31 min", complete=True)
    ((outcome, text, remedy),) = doctor.examine()["last sync"]
    assert (outcome, text) == ("problem", f"workspace {workspace.id}: 31 minutes ago")
    assert "start clickup-receiver" in (remedy or "")


def test_a_failed_run_is_a_problem(doctor: Doctor, workspace: Workspace, database: str) -> None:
    failed = [{"what": "stream tasks", "why": "HTTP 500", "retryable": True}]
    add_run(database, workspace.id, finished="1 min", complete=False, refused=failed)
    assert doctor.examine()["last sync"] == [
        (
            "problem",
            f"workspace {workspace.id}: the last run failed: stream tasks: HTTP 500",
            "remove the cause, then run pandev sync",
        )
    ]


def test_hidden_time_entries_differ_from_other_denied_objects(
    doctor: Doctor, workspace: Workspace, database: str
) -> None:
    """R102, R104: each has a check and a remedy of its own."""
    refused = [
        {"what": "time entries of 3 other users", "why": "not visible", "retryable": False},
        {"what": "list 7", "why": "HTTP 401 OAUTH_027", "retryable": False},
    ]
    add_run(database, workspace.id, finished="1 min", complete=False, refused=refused)
    findings = doctor.examine()
    name = f"workspace {workspace.id}"
    ((outcome, text, remedy),) = findings["time entries"]
    assert (outcome, text) == ("warning", f"{name}: time entries of 3 other users: not visible")
    assert (remedy or "").startswith("make the token's user an owner or admin")
    assert [text for _, text, _ in findings["denied"]] == [f"{name}: list 7: HTTP 401 OAUTH_027"]


def test_a_status_of_an_unknown_type_is_a_problem(
    doctor: Doctor, workspace: Workspace, database: str
) -> None:
    """R106, R107: by name, with the place."""
    add_status(database, workspace.id, f"{workspace.id}0", "in review", "review")
    ((outcome, text, remedy),) = doctor.examine()["statuses"]
    assert outcome == "problem"
    assert text == "the group is UNDEFINED of status 'in review' of space Space (type review)"
    assert remedy == (
        "set the Type of each custom status to In Progress or Closed in its space, then run "
        "pandev sync"
    )


def test_five_undefined_statuses_are_named_with_their_places(
    doctor: Doctor, workspace: Workspace, database: str
) -> None:
    """R107: the space, folder or list in which their type is to be set."""
    key = (workspace.id, f"{workspace.id}0")
    for number in range(5):
        add_status(database, *key, f"s{number}", "review")
    named = ", ".join(f"'s{number}' of space Space (type review)" for number in range(5))
    text = f"the group is UNDEFINED of status {named}"
    assert doctor.examine()["statuses"][0][1] == text
    execute(
        database,
        "INSERT INTO lists (workspace_id, id, name, _sdc_extracted_at, _sdc_hash) "
        "SELECT id, '7', 'Backlog', now(), gen_random_uuid() FROM workspaces",
        "INSERT INTO folders (workspace_id, id, name, _sdc_extracted_at, _sdc_hash) "
        "SELECT id, '6', 'Ideas', now(), gen_random_uuid() FROM workspaces",
        "UPDATE statuses SET scope_type = 'list', scope_id = '7' WHERE status = 's0'",
        "UPDATE statuses SET scope_type = 'folder', scope_id = '6' WHERE status = 's1'",
    )
    add_status(database, *key, "s5", "review")
    ((_, text, _),) = doctor.examine()["statuses"]
    assert text.startswith(
        "the group is UNDEFINED of status 's1' of folder Ideas (type review), 's0' of list Backlog "
        "(type review), 's2' of space Space (type review), 's3'"
    )
    assert text.endswith("'s4' of space Space (type review) and 1 more")
    execute(database, "UPDATE statuses SET _sdc_deleted_at = now()")
    assert doctor.examine()["statuses"] == [("ok", "all types have a group", None)]


@pytest.mark.parametrize(("status", "outcome"), [(200, "ok"), (502, "problem"), (301, "problem")])
def test_the_address_has_to_answer_200(doctor: Doctor, status: int, outcome: str) -> None:
    """R99: a redirect counts as a failed delivery for ClickUp."""
    with answering(status) as port:
        url = f"http://127.0.0.1:{port}/v1/clickup/webhook"
        ((found, text, _),) = doctor.examine("--webhook-url", url)["address"]
    assert found == outcome
    assert outcome == "ok" or text == f"{url} answers HTTP {status}, expected 200"


def test_an_address_that_cannot_be_reached_is_a_problem(doctor: Doctor) -> None:
    """R98, R99, R100: the remedy is the command of the guide."""
    url = "http://127.0.0.1:1/v1/clickup/webhook"
    ((outcome, text, remedy),) = doctor.examine("--webhook-url", url)["address"]
    assert (outcome, text) == ("problem", f"{url} cannot be reached (Connection refused)")
    assert (remedy or "").endswith(f"curl -I {url}")


def test_rejected_records_are_a_problem(doctor: Doctor, database: str) -> None:
    execute(
        database,
        "INSERT INTO rejected_records (stream, record_hash, reason, rejected_at) "
        "VALUES ('tasks', gen_random_uuid(), 'name is too long', now())",
    )
    remedy = "pandev rejected list shows why, pandev rejected retry reads them again"
    expected = ("problem", "1 record of tasks: name is too long", remedy)
    assert doctor.examine()["rejected"] == [expected]


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ("INSERT INTO schema_versions VALUES (9999, 'later', now())", "problem"),
        ("DELETE FROM schema_versions WHERE version > 1", "warning"),
    ],
)
def test_another_schema_version_is_named(
    doctor: Doctor, database: str, change: str, outcome: str
) -> None:
    execute(database, change)
    ((found, text, remedy),) = doctor.examine()["store"]
    assert found == outcome
    assert "schema version" in text
    assert remedy


def test_a_store_that_cannot_be_reached_hides_nothing_else(doctor: Doctor) -> None:
    doctor.database = "postgresql://user@127.0.0.1:1/pandev"
    findings = doctor.examine()
    assert findings["store"][0][0] == "problem"
    assert findings["token"][0][0] == "ok"
    for name in ("back-fill", "last sync", "statuses", "rejected"):
        assert findings[name] == [("skipped", "the store cannot be read", None)], name


def test_an_empty_machine_is_advised_to_connect(doctor: Doctor, empty_database: str) -> None:
    doctor.database = empty_database
    findings = doctor.examine()
    assert findings["store"] == [("problem", "there is no store yet", "run pandev connect")]
    assert findings["back-fill"] == [("problem", "nothing is loaded yet", "run pandev connect")]


def test_an_open_env_file_is_a_problem(doctor: Doctor, tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("")
    path.chmod(0o644)
    ((outcome, text, remedy),) = doctor.examine()["files"]
    assert (outcome, remedy) == ("problem", f"run chmod go-rwx {path}")
    assert text == f"{path} is open to other users, and may have secrets"
    path.chmod(0o600)
    assert doctor.examine()["files"][0][0] == "ok"


@pytest.mark.parametrize(
    ("limit", "outcome"), [("LOW_BYTES", "warning"), ("FULL_BYTES", "problem")]
)
def test_a_full_disk_is_found(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch, limit: str, outcome: str
) -> None:
    monkeypatch.setattr(f"pandev.diagnosis.machine.{limit}", 1 << 62)
    ((found, text, _),) = doctor.examine()["disk"]
    assert found == outcome
    assert "free for the inbox in" in text


def test_a_disabled_integration_asks_nothing(doctor: Doctor, clickup: FakeClickUp) -> None:
    doctor.settings["TAP_CLICKUP_ENABLED"] = "false"
    findings = doctor.examine()
    assert findings["token"] == [("skipped", "the setting enabled is false", None)]
    assert clickup.requests == []


def test_a_check_that_fails_does_not_hide_the_next(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R104: each is made under a guard of its own."""

    def fail(_: Examination) -> list[Finding]:
        raise KeyError

    def succeed(_: Examination) -> list[Finding]:
        return [Finding(Outcome.OK, "all is well")]

    checks = (Check("first", "what fails", fail), Check("second", "what does not", succeed))
    monkeypatch.setattr("pandev.commands.doctor.CHECKS", checks)
    assert doctor.examine() == {
        "first": [
            (
                "problem",
                "the check itself failed (KeyError)",
                "report it with the output of pandev doctor",
            )
        ],
        "second": [("ok", "all is well", None)],
    }
