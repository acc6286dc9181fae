"""`pandev settings`: every setting with its value and its source, without secrets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import yaml

from tests.end_to_end.pipeline import Pipeline
from tests.pandev.command import assert_golden, run_pandev, write_env

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = "pk_1_AAAAAAAA"  # noqa: S105 - of a test
STORE_URL = "postgresql://user:a-secret@db.example.com/pandev"


def test_settings_without_a_project(tmp_path: Path) -> None:
    """R16, R18: a secret is shown as set. No Meltano is needed, and slips are named."""
    write_env(tmp_path, TAP_CLICKUP_API_TOKEN=TOKEN, CLICKUP_RECEIVER_DATA_DIR="/srv/receiver")
    environment = {
        "PATH": "/nowhere",
        "TAP_CLICKUP_SPACE_IDS": '["901", "902"]',
        "TAP_CLICKUP_ENABLED": "false",
        "TAP_CLICKUP_LOGLEVEL": "DEBUG",
        "TAP_CLICKUP__SELECT": "[]",
        "TAP_CLICKUP_SPACES": '["901"]',
        "TARGET_PANDEV_STORE_URL": STORE_URL,
        "CLICKUP_RECEIVER_WEBHOOKS": '{"a": "secret"}',
        "PANDEV_WORKLOG_DAYS": "3",
        "PANDEV_WORKLOG_ORGANISATION": "acme",
        "PANDEV_WORKLOG_DAY": "3",
        "PANDEV_HOME": "/opt/pandev",
    }
    done = run_pandev(tmp_path, "settings", **environment)
    assert_golden("settings", done.stdout)
    assert done.stderr == (
        "pandev: PANDEV_WORKLOG_DAY: there is no setting of this name, so it has no effect\n"
        "pandev: TAP_CLICKUP_SPACES: there is no setting of this name, so it has no effect\n"
    )
    assert done.returncode == 0


def test_settings_as_json_have_values_and_their_sources(tmp_path: Path) -> None:
    write_env(tmp_path, TAP_CLICKUP_API_TOKEN=TOKEN, TAP_CLICKUP_SPACE_IDS='["2"]')
    done = run_pandev(tmp_path, "settings", "--format", "json", TAP_CLICKUP_SPRINTS="true")
    assert (done.returncode, done.stderr) == (0, "")
    listed = {
        (setting["plugin"], setting["setting"]): (setting["value"], setting["source"])
        for setting in json.loads(done.stdout)
    }
    expected = {
        ("tap-clickup", "api_token"): (None, ".env"),
        ("tap-clickup", "space_ids"): (["2"], ".env"),
        ("tap-clickup", "sprints"): (True, "environment"),
        ("tap-clickup", "time_tracking"): (True, "default"),
        ("target-pandev", "max_deleted_share"): (0.2, "default"),
        ("target-pandev", "store_url"): (None, None),
        ("clickup-receiver", "port"): (8710, "default"),
        ("pandev", "worklog_round_minutes"): (1, "default"),
    }
    assert {name: listed[name] for name in expected} == expected
    assert TOKEN not in done.stdout


def test_settings_in_a_project_come_from_meltano(tmp_path: Path) -> None:
    """An `env:` of meltano.yml precedes all others, `config:` comes after `.env`."""
    pipeline = Pipeline(tmp_path)
    file = tmp_path / "meltano.yml"
    content = yaml.safe_load(file.read_text())
    content["env"] = {"TAP_CLICKUP_START_DATE": "2026-01-01"}
    content["plugins"]["extractors"][0]["config"] = {
        "workspace_ids": ["9"],
        "space_ids": ["1"],
        "time_tracking": True,
    }
    content["plugins"]["utilities"][1]["config"] = {"worklog_mode": "automatic"}
    file.write_text(yaml.safe_dump(content))
    write_env(tmp_path, TAP_CLICKUP_API_TOKEN=TOKEN, TAP_CLICKUP_SPACE_IDS='["2"]')
    pipeline.settings = {
        "TAP_CLICKUP_START_DATE": "2026-09-09",
        "TARGET_PANDEV_STORE_SCHEMA": "org",
        "TAP_CLICKUP_SWEEP_WALK_ALL": "true",
        "PANDEV_WORKLOG_DAYS": "7",
        "COLUMNS": "80",
    }
    done = pipeline.run("pandev", "settings")
    assert_golden("settings_project", done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
