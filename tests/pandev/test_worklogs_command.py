"""`pandev worklogs plan`, the settings of write-back, and what they are documented to be."""

from __future__ import annotations

import json
import os
from copy import deepcopy
from typing import TYPE_CHECKING

import pytest
import yaml

from pandev.commands.worklogs import worklog_commands
from pandev.worklogs.rules import WorklogRules
from tests.pandev.command import PANDEV, assert_golden, run_pandev
from tests.pandev.worklog_store import EXPECTED, Runs, fill, written
from tests.tap_clickup import accounts
from tests.test_docs import MELTANO, settings_on_the_page

if TYPE_CHECKING:
    from pathlib import Path

    from fake_clickup import Account, FakeClickUp

DRY_RUN = "pandev: nothing was written; add --write, or set PANDEV_WORKLOG_MODE=automatic\n"


@pytest.fixture
def account() -> Account:
    return accounts.shop()


@pytest.fixture
def runs(tmp_path: Path, clickup: FakeClickUp, database: str) -> Runs:
    fill(database)
    return Runs(tmp_path, clickup, database)


def test_the_plan_sends_no_request(runs: Runs, clickup: FakeClickUp) -> None:
    """R125: nor does push without --write, which is the default."""
    planned = runs.run("plan")
    assert (planned.returncode, planned.stderr) == (0, "")
    assert_golden("worklogs_plan", planned.stdout)
    shown = runs.run("push")
    assert (shown.returncode, shown.stdout, shown.stderr) == (0, planned.stdout, DRY_RUN)
    assert clickup.requests == []
    assert runs.rows("SELECT FROM worklog_entries") == []


def test_the_plan_after_a_push_needs_no_poll(runs: Runs) -> None:
    """Written entries are known before the tap has read it."""
    pushed = runs.push()
    assert (pushed.returncode, pushed.stderr) == (0, "")
    assert_golden("worklogs_push", pushed.stdout)
    assert "as planned  3 entries, 1 h\n" in runs.run("plan").stdout


def test_the_plan_as_json_has_all_entries(runs: Runs) -> None:
    planned = json.loads(runs.run("plan", "--format", "json").stdout)
    actions = [entry["action"] for entry in planned["entries"]]
    assert sorted(actions) == ["create", "create", "create", "skip", "skip"]
    assert planned["rules"]["minimum_minutes"] == 5


def test_a_plan_without_a_store_creates_none(
    tmp_path: Path, clickup: FakeClickUp, empty_database: str
) -> None:
    runs = Runs(tmp_path, clickup, empty_database)
    for command in (["plan"], ["push"], ["push", "--write"]):
        done = runs.run(*command)
        assert (done.returncode, done.stdout) == (5, "")
        assert done.stderr == "pandev: nothing loaded yet: run pandev connect\n"
    schemas = "SELECT nspname FROM pg_namespace WHERE nspname = 'pandev'"
    assert runs.rows(schemas) == []


def test_a_day_that_is_not_closed_is_refused(runs: Runs) -> None:
    refused = runs.run("plan", "--grace-hours", "876000")
    assert refused.returncode == 1
    assert refused.stderr.startswith("pandev: 2026-03-03 is not closed yet; the last closed day is")


def test_a_day_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    refused = run_pandev(tmp_path, "worklogs", "plan", "--last-day", "2026-02-30")
    assert refused.returncode == 2
    assert "'2026-02-30' is not a day; write it as 2026-03-31\n" in refused.stderr


def test_readme_and_meltano_yml_list_the_settings_of_write_back() -> None:
    options = {
        option.envvar.removeprefix("PANDEV_").lower(): option.default
        for option in worklog_commands.commands["push"].params
        if isinstance(option.envvar, str) and option.envvar.startswith("PANDEV_")
    }
    rules = {f"worklog_{name}": value for name, value in vars(WorklogRules()).items()}
    assert options == {"worklog_mode": "read_only", **rules}
    listed = settings_on_the_page("pandev")
    assert list(listed) == list(options)
    (plugin,) = (plugin for plugin in MELTANO["plugins"]["utilities"] if plugin["name"] == "pandev")
    assert {setting["name"]: setting.get("value", "") for setting in plugin["settings"]} == options
    for name, default in options.items():
        assert listed[name][0] == ("none" if default == "" else f"`{default}`")


def test_a_setting_of_meltano_yml_switches_write_back_on(runs: Runs, account: Account) -> None:
    """A setting means the same wherever it is set."""
    project = deepcopy(MELTANO)
    (plugin,) = (plugin for plugin in project["plugins"]["utilities"] if plugin["name"] == "pandev")
    plugin["config"] = {"worklog_mode": "automatic"}
    (runs.folder / "meltano.yml").write_text(yaml.safe_dump(project), encoding="utf-8")
    (runs.folder / ".meltano").mkdir(mode=0o700)
    runs.environment["PATH"] = f"{PANDEV.parent}{os.pathsep}{os.environ['PATH']}"
    pushed = runs.run("push")
    assert pushed.returncode == 0, pushed.stderr
    assert written(account) == EXPECTED
