"""Settings of tap-git: their sources and forms, and the errors for invalid ones."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tap_git.errors import ConfigurationError
from tap_git.settings import ConfiguredRepository, parse_repositories
from tests.tap_git.repository_builder import RepositoryBuilder
from tests.tap_git.runner import ORDERS, GitRun, run_command

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (
            {"repositories": []},
            "repositories: no repository is configured; expected at least one local path",
        ),
        ({"repositories": "[1"}, "repositories: expected a JSON array of paths"),
        ({"repositories": ["{}/none"]}, "repositories: '{}/none' does not exist"),
        ({"repositories": ["{}"]}, "repositories: '{}' is not a git repository; expected"),
        (
            {"repositories": ["{}/a"], "flattening_enabled": True, "flattening_max_depth": 1},
            "set flattening_enabled of target-pandev instead",
        ),
        ({"repositories": ["{}/a"], "start_date": "soon"}, "start_date: expected a date such as"),
    ],
)
def test_an_invalid_setting_is_reported_in_one_line(
    tmp_path: Path, config: dict[str, Any], expected: str
) -> None:
    RepositoryBuilder(tmp_path / "a")
    filled = json.dumps(config).replace("{}", str(tmp_path))
    (tmp_path / "c.json").write_text(filled)
    result = run_command(f"--config={tmp_path / 'c.json'}")
    errors = [line for line in result.stderr.splitlines() if "| INFO " not in line]
    assert result.returncode == 1
    assert len(errors) == 1
    assert expected.replace("{}", str(tmp_path)) in errors[0]
    assert '"RECORD"' not in result.stdout


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        (["/a", " /b "], ["/a", "/b"]),
        ('["/a", "/b,c"]', ["/a", "/b,c"]),
        ("/a, /b,", ["/a", "/b"]),
        ("/a", ["/a"]),
    ],
)
def test_repositories_are_a_list_or_its_text(setting: list[str] | str, expected: list[str]) -> None:
    assert parse_repositories(setting) == [ConfiguredRepository(path) for path in expected]


@pytest.mark.parametrize(
    ("entry", "path", "name"),
    [
        ("shop=/srv/git/shop", "/srv/git/shop", "shop"),
        ("my shop = ~/a=b", "~/a=b", "my shop"),
        ("./a=b", "./a=b", None),
        ("/srv/a=b", "/srv/a=b", None),
        ("~=b", "~=b", None),
        ("=/srv", "=/srv", None),
        ("a=", "a=", None),
    ],
)
def test_an_entry_may_name_its_repository(entry: str, path: str, name: str | None) -> None:
    assert parse_repositories([entry]) == [ConfiguredRepository(path, name)]


@pytest.mark.parametrize("setting", [None, [], "", " , ", "[]"])
def test_an_empty_list_of_repositories_is_an_error(setting: list[str] | str | None) -> None:
    with pytest.raises(ConfigurationError, match="no repository is configured"):
        parse_repositories(setting)


def test_the_environment_configures_the_tap(tmp_path: Path, orders: RepositoryBuilder) -> None:
    other = RepositoryBuilder(tmp_path / "other")
    both = f"{orders.path},{other.path}"
    result = run_command("--config=ENV", TAP_GIT_REPOSITORIES=both, TAP_GIT_START_DATE="2024-05-02")
    assert GitRun(result.stdout).column("repositories", "id") == [ORDERS, "local/other"]
    assert GitRun(result.stdout).column("commits", "message") == ["second"]
