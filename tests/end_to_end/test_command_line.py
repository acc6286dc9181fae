"""The command line: its description, and one line for missing and broken files and variables."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.commands import run_command

if TYPE_CHECKING:
    from pathlib import Path
    from subprocess import CompletedProcess

SETTINGS = {
    "tap-clickup": {"api_token": "pk_1_AAAAAAAA", "api_url": "http://127.0.0.1:1/api/v2"},
    "tap-git": {"repositories": ["/nowhere"]},
    "tap-ide": {"event_files": [{"path": "/nowhere"}]},
}
FILES = {
    "empty": b"",
    "broken": b"{",
    "array": b"[1]",
    "text": b'"config.json"',
    "number": b"7",
    "binary": b"\xff\xfe",
}


def run(tool: str, *options: str, **environment: str) -> CompletedProcess[str]:
    return run_command(tool, *options, env=environment)


def error_line(process: CompletedProcess[str]) -> str:
    """Return the only line of the log that is not information."""
    assert process.returncode == 1
    assert process.stdout == ""
    lines = [line for line in process.stderr.splitlines() if "| INFO" not in line]
    assert len(lines) == 1, process.stderr
    return lines[0]


@pytest.mark.parametrize(
    ("tool", "content"),
    [
        *(("tap-clickup", content) for content in (*FILES, "missing", "folder")),
        *((tool, "array") for tool in ("tap-git", "tap-ide", "target-pandev")),
    ],
)
def test_an_unreadable_config_is_one_line(tool: str, content: str, tmp_path: Path) -> None:
    file = make_file(tmp_path, content)
    assert f"--config {file}: expected ENV or a readable file with a JSON object" in error_line(
        run(tool, "--config", str(file))
    )


@pytest.mark.parametrize(
    ("option", "expected"),
    [("--state", "state"), ("--catalog", "expected a catalog, as --discover prints it")],
)
@pytest.mark.parametrize(
    ("tool", "content"),
    [*(("tap-clickup", content) for content in FILES), ("tap-git", "array"), ("tap-ide", "array")],
)
def test_a_broken_state_or_catalog_is_one_line(
    tool: str, option: str, expected: str, content: str, tmp_path: Path
) -> None:
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps(SETTINGS[tool]))
    file = make_file(tmp_path, content)
    process = run(tool, "--config", str(settings), option, str(file))
    assert expected in error_line(process)


@pytest.mark.parametrize(
    ("tool", "content"),
    [("tap-clickup", "missing"), ("tap-clickup", "folder"), ("tap-git", "missing")],
)
@pytest.mark.parametrize("option", ["--state", "--catalog"])
def test_a_missing_state_or_catalog_is_a_usage_error(
    tool: str, option: str, content: str, tmp_path: Path
) -> None:
    process = run(tool, option, str(make_file(tmp_path, content)))
    assert process.returncode == 2
    assert f"Error: Invalid value for '{option}'" in process.stderr.splitlines()[-1]


def test_a_catalog_of_another_shape_is_one_line(tmp_path: Path) -> None:
    settings, catalog = tmp_path / "settings.json", tmp_path / "catalog.json"
    settings.write_text(json.dumps(SETTINGS["tap-clickup"]))
    contents: list[Any] = [
        {},
        {"streams": {}},
        {"streams": [1]},
        {"streams": [{"stream": "tasks"}]},
    ]
    for content in contents:
        catalog.write_text(json.dumps(content))
        process = run("tap-clickup", "--config", str(settings), "--catalog", str(catalog))
        assert "expected a catalog" in error_line(process)


@pytest.mark.parametrize(
    ("tool", "variable", "value"),
    [
        ("tap-clickup", "TAP_CLICKUP_REQUESTS_PER_MINUTE", "ten"),
        ("tap-clickup", "TAP_CLICKUP_STREAM_MAPS", "tasks"),
        ("tap-git", "TAP_GIT_STREAM_MAPS", "{"),
        ("tap-ide", "TAP_IDE_WAKATIME_ACCOUNTS", "planted"),
        ("target-pandev", "TARGET_PANDEV_BATCH_SIZE_ROWS", "1e4"),
    ],
)
def test_a_variable_of_another_type_is_one_line(tool: str, variable: str, value: str) -> None:
    process = run(tool, "--config=ENV", **{variable: value})
    assert f"{variable}: expected a number or JSON" in error_line(process)


@pytest.mark.parametrize(
    ("tool", "variable"),
    [("tap-clickup", "TAP_CLICKUP_SPRINTS"), ("target-pandev", "TARGET_PANDEV_HARD_DELETE")],
)
def test_a_misspelt_boolean_is_not_taken_for_false(tool: str, variable: str) -> None:
    process = run(tool, "--config=ENV", **{variable: "ture"})
    assert error_line(process).endswith(f"{variable}: expected true or false")


def test_a_variable_that_is_not_a_setting_is_named() -> None:
    """With a misspelt selection, everything would be read in silence."""
    names = ("TAP_CLICKUP_SPACE_ID", "TAP_CLICKUP__SELECT", "TAP_CLICKUP_LOGLEVEL")
    process = run("tap-clickup", "--config=ENV", "--discover", **dict.fromkeys(names, "INFO"))
    warnings = [line for line in process.stderr.splitlines() if "no effect" in line]
    assert process.returncode == 0
    assert len(warnings) == 1
    assert warnings[0].endswith("TAP_CLICKUP_SPACE_ID has no effect: no setting has that name")


@pytest.mark.parametrize("tool", SETTINGS)
def test_about_lists_supported_capabilities_only(tool: str) -> None:
    about = json.loads(run(tool, "--about", "--format=json").stdout)
    assert about["capabilities"] == [
        "catalog",
        "state",
        "discover",
        "about",
        "stream-maps",
        "structured-logging",
    ]


def make_file(folder: Path, content: str) -> Path:
    """Return a file of the given content; or a folder, or nothing."""
    file = folder / content
    if content == "folder":
        file.mkdir()
    elif content != "missing":
        file.write_bytes(FILES[content])
    return file
