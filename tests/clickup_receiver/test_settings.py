"""The commands that the receiver runs, and the environment that it gives them."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from clickup_receiver.cli import receiver
from clickup_receiver.meltano_project import MeltanoProject
from clickup_receiver.settings import Settings
from tap_clickup.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

VARIABLE = "TAP_CLICKUP_API_TOKEN"
JOBS = """
jobs:
  - {name: poll, tasks: [tap-clickup target-pandev]}
  - {name: nightly, tasks: [tap-clickup-sweep target-pandev]}
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return the settings of a receiver in a Meltano project, in which no command is set."""
    (tmp_path / "meltano.yml").write_text(JOBS)
    return Settings(
        data_dir=tmp_path / "data",
        host="127.0.0.1",
        port=0,
        metrics_port=0,
        webhook_url=None,
        target_command="target-pandev --config=ENV",
        poll_command=None,
        sweep_command=None,
        sweep_time=time(2, 17),
        poll_minutes=15,
        watch_minutes=5,
        inbox_limit_mib=1024,
        config=("ENV",),
        project=MeltanoProject(tmp_path),
    )


def test_the_jobs_of_the_project_are_the_default(settings: Settings) -> None:
    """R37, R43: the store stays fresh without another scheduler."""
    assert settings.read_commands() == {
        "poll_command": "meltano run poll",
        "sweep_command": "meltano run nightly",
    }


def test_commands_that_are_set_take_precedence(settings: Settings) -> None:
    chosen = replace(settings, poll_command="poll", sweep_command="sweep")
    assert chosen.read_commands() == {"poll_command": "poll", "sweep_command": "sweep"}
    without_sweep = replace(settings, sweep_command="")
    assert without_sweep.read_commands() == {
        "poll_command": "meltano run poll",
        "sweep_command": "",
    }


def test_an_empty_poll_command_turns_both_off(settings: Settings) -> None:
    off = replace(settings, poll_command="")
    assert off.read_commands() == {"poll_command": "", "sweep_command": None}


@pytest.mark.parametrize(
    "change", [{"project": None}, {"config": ("other.json",)}, {"config": ("ENV", "other.json")}]
)
def test_no_job_runs_with_settings_that_it_does_not_have(
    settings: Settings, change: dict[str, None]
) -> None:
    """R12: it could act on another selection than the JSON file's."""
    elsewhere = replace(settings, **change)  # type: ignore[arg-type]
    assert elsewhere.read_commands() == {"poll_command": None, "sweep_command": None}


def test_the_environment_has_what_env_sets_by_now(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R95: Meltano would prefer the token that the receiver was started with."""
    monkeypatch.setenv(VARIABLE, "old")
    assert settings.read_environment().get(VARIABLE) == "old"
    path = tmp_path / ".env"
    path.touch(mode=0o600)
    path.write_text(f"{VARIABLE}=new\n")
    from_file = replace(settings, config=("other.json",))
    assert from_file.read_environment().get(VARIABLE) == "old"
    assert settings.read_environment().get(VARIABLE) == "new"


@pytest.mark.parametrize("value", ["24:00", "2 am", ""])
def test_a_sweep_time_is_a_time_of_the_day(
    value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = CliRunner().invoke(receiver, ["--sweep-time", value, "replay"])
    assert ended.exit_code == 2
    assert f"Invalid value for '--sweep-time': '{value}' does not match" in ended.output


@pytest.mark.parametrize("text", [None, "{", "[1]"], ids=["missing", "not JSON", "no object"])
def test_an_unreadable_file_of_settings_is_one_clear_line(
    settings: Settings, tmp_path: Path, text: str | None
) -> None:
    file = tmp_path / "tap.json"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    for config in ((str(file),), ("ENV", str(file))):
        with pytest.raises(ConfigurationError, match=r"tap\.json: expected ENV or a readable file"):
            replace(settings, config=config).make_tap()
