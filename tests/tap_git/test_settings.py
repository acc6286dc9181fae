"""Settings of tap-git: from where and in which form, and what is told of bad ones."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tap_git.tap import SettingError, paths
from tests.tap_git.repository import Work
from tests.tap_git.running import ORDERS, Run, command

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (
            {"repositories": []},
            "repositories: none is configured; expected at least one local path",
        ),
        ({"repositories": "[1"}, "repositories: expected a JSON array of paths"),
        ({"repositories": ["{}/none"]}, "repositories: '{}/none' does not exist"),
        ({"repositories": ["{}"]}, "repositories: '{}' is not a git repository; expected"),
        (
            {"repositories": ["{}/a", "{}/a/.git"]},
            "are both local/a; expected each repository once",
        ),
        ({"repositories": ["{}/a"], "start_date": "soon"}, "start_date: expected a date such as"),
    ],
)
def test_bad_settings_are_one_clear_line(
    tmp_path: Path, config: dict[str, Any], expected: str
) -> None:
    Work(tmp_path / "a")
    filled = json.dumps(config).replace("{}", str(tmp_path))
    (tmp_path / "c.json").write_text(filled)
    done = command(f"--config={tmp_path / 'c.json'}")
    errors = [line for line in done.stderr.splitlines() if "| INFO " not in line]
    assert done.returncode == 1
    assert len(errors) == 1
    assert expected.replace("{}", str(tmp_path)) in errors[0]
    assert '"RECORD"' not in done.stdout


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        (["/a", " /b "], ["/a", "/b"]),
        ('["/a", "/b,c"]', ["/a", "/b,c"]),
        ("/a, /b,", ["/a", "/b"]),
        ("/a", ["/a"]),
    ],
)
def test_repositories_may_be_a_list_or_the_text_of_one(
    setting: list[str] | str, expected: list[str]
) -> None:
    assert paths(setting) == expected


@pytest.mark.parametrize("setting", [None, [], "", " , ", "[]"])
def test_no_repository_at_all_is_an_error(setting: list[str] | str | None) -> None:
    with pytest.raises(SettingError, match="none is configured"):
        paths(setting)


def test_the_environment_configures_the_tap(tmp_path: Path, orders: Work) -> None:
    other = Work(tmp_path / "other")
    both = f"{orders.path},{other.path}"
    done = command("--config=ENV", TAP_GIT_REPOSITORIES=both, TAP_GIT_START_DATE="2024-05-02")
    assert Run(done.stdout).column("repositories", "id") == [ORDERS, "local/other"]
    assert Run(done.stdout).column("commits", "message") == ["second"]
