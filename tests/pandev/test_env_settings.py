"""Settings are saved in `.env` completely or not at all, and only where they take effect."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from dotenv import dotenv_values

from clickup_receiver.meltano_project import TAP, MeltanoProject
from pandev.env_settings import change_text, save_settings
from plugin_settings.env_file import load_env_file
from tap_clickup.errors import ConfigurationError
from tests.end_to_end.pipeline import Pipeline

if TYPE_CHECKING:
    from collections.abc import Iterator

SPACES = "TAP_CLICKUP_SPACE_IDS"
TOKEN = "TAP_CLICKUP_API_TOKEN"  # noqa: S105 - a name
OLD = f"# ours\nTAP_CLICKUP_SPACE_IDS='[\"1\"]'\n{TOKEN}=pk_1_AAAAAAAA\n"
KILLED_BEFORE_IT_REPLACES = """
import os, signal, sys
from pathlib import Path
from pandev.env_settings import save_settings
Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
save_settings(Path(sys.argv[1]), {"TAP_CLICKUP_API_TOKEN": "pk_2_BBBBBBBB"})
"""


@pytest.fixture(autouse=True)
def _environment() -> Iterator[None]:
    """Start without our settings, and restore the environment."""
    before = dict(os.environ)
    for name in before:
        if name.startswith(("TAP_", "MELTANO_")):
            del os.environ[name]
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / ".env"
    file.write_text(OLD)
    file.chmod(0o644)
    return file


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "A=new\n"),
        ("B=1", "B=1\nA=new\n"),
        ("# first\n\nA=old\nB=1\n", "# first\n\nA=new\nB=1\n"),
        ("A=old  # why\n", "A=new  # why\n"),
        ("A='old # no comment'\n", "A=new\n"),
        ("A='old # no comment' # why\n", "A=new # why\n"),
        ("A=old#no comment\n", "A=new\n"),
        ('export A="old"\nB=1\n', "export A=new\nB=1\n"),
        ("A=1\nB=1\nA=2\n", "B=1\nA=new\n"),
        ("A='two\nlines'\nB=1\n", "A=new\nB=1\n"),
        ("A\nB=1\n", "A=new\nB=1\n"),
        ("B=1\r\nA=old\r\n", "B=1\r\nA=new\r\n"),
        ("B=1\r\n", "B=1\r\nA=new\r\n"),
        ("not a line =\n'\nB=1\n", "not a line =\n'\nB=1\nA=new\n"),
        ("#A=old\n", "#A=old\nA=new\n"),
        ("AA=1\nB=${A}\n", "AA=1\nB=${A}\nA=new\n"),
        ("A=old", "A=new\n"),
    ],
)
def test_other_lines_stay_as_they_are(text: str, expected: str) -> None:
    assert change_text(text, {"A": "new"}) == expected


@pytest.mark.parametrize(
    "value",
    [
        '["1", "2"]',
        "[]",
        "",
        "it's",
        "a\\b",
        "a # b",
        'say "so"',
        "$HOME",
        " padded ",
        "grün",
        "\\'",
    ],
)
def test_a_value_is_read_as_it_was_saved(value: str) -> None:
    text = change_text("B=1\n", {"A": value})
    assert dotenv_values(stream=StringIO(text)) == {"B": "1", "A": value}
    assert dotenv_values(stream=StringIO(change_text(text, {"A": "x"}))) == {"B": "1", "A": "x"}


def test_saving_makes_the_file_private_and_sets_the_variables(path: Path) -> None:
    load_env_file(path.parent, error_type=ConfigurationError)
    save_settings(path.parent, {SPACES: '["2"]', "TAP_CLICKUP_ENABLED": "false"})
    assert path.read_text() == (
        f"# ours\n{SPACES}='[\"2\"]'\n{TOKEN}=pk_1_AAAAAAAA\nTAP_CLICKUP_ENABLED=false\n"
    )
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (os.environ[SPACES], os.environ["TAP_CLICKUP_ENABLED"]) == ('["2"]', "false")
    save_settings(path.parent, {SPACES: '["3"]'})
    assert [file.name for file in path.parent.iterdir()] == [".env"]


def test_a_new_file_is_private_whatever_the_umask(tmp_path: Path) -> None:
    umask = os.umask(0)
    try:
        save_settings(tmp_path, {SPACES: '["2"]'})
    finally:
        os.umask(umask)
    assert (tmp_path / ".env").read_text() == f"{SPACES}='[\"2\"]'\n"
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600


def test_a_variable_of_the_environment_is_refused(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would take precedence; also if `.env` has it too."""
    monkeypatch.setenv(SPACES, '["9"]')
    load_env_file(path.parent, error_type=ConfigurationError)
    with pytest.raises(ConfigurationError) as caught:
        save_settings(path.parent, {TOKEN: "pk_2_BBBBBBBB", SPACES: '["2"]'})
    assert str(caught.value) == (
        f"{SPACES}: set in the environment, which takes precedence over .env; unset it there"
    )
    assert path.read_text() == OLD
    save_settings(path.parent, {SPACES: '["9"]'})
    assert dotenv_values(path)[SPACES] == '["9"]'


ENV = {"env": {SPACES: '["9"]'}}
CONFIG = {"config": {"space_ids": ["9"]}}


def extractors(*plugins: dict[str, object]) -> dict[str, object]:
    return {"plugins": {"extractors": list(plugins)}}


@pytest.mark.parametrize(
    ("project", "place"),
    [
        (ENV, "set in meltano.yml, env,"),
        ({"environments": [{"name": "prod", **ENV}]}, "set in meltano.yml, env of the environment"),
        (extractors({"name": TAP, **ENV}), f"set in meltano.yml, env of {TAP},"),
        (
            {"environments": [{"name": "prod", "config": extractors({"name": TAP, **ENV})}]},
            f"set in meltano.yml, env of {TAP},",
        ),
        (
            extractors({"name": "nightly", "inherit_from": TAP, **CONFIG}),
            "the config of nightly in meltano.yml sets space_ids,",
        ),
        (
            {
                **extractors({"name": "nightly", "inherit_from": TAP}),
                "environments": [
                    {"name": "prod", "config": extractors({"name": "nightly", **CONFIG})}
                ],
            },
            "the config of nightly in meltano.yml sets space_ids,",
        ),
    ],
)
def test_a_setting_that_meltano_yml_overrides_is_refused(
    path: Path, project: dict[str, object], place: str
) -> None:
    content = {"default_environment": "prod", **project}
    (path.parent / "meltano.yml").write_text(yaml.safe_dump(content))
    with pytest.raises(
        ConfigurationError, match=r"takes precedence over \.env; remove it"
    ) as caught:
        save_settings(path.parent, {SPACES: '["2"]'})
    assert f"{SPACES}: {place}" in str(caught.value)
    assert path.read_text() == OLD
    save_settings(path.parent, {TOKEN: "pk_2_BBBBBBBB"})


@pytest.mark.parametrize(
    "project",
    [
        extractors({"name": TAP, **CONFIG}),
        extractors({"name": "tap-git", **ENV}, {"name": "other", **CONFIG}),
        {"environments": [{"name": "dev", **ENV}]},
        {"environments": None, "plugins": {"loaders": None}, "env": None},
    ],
)
def test_a_setting_that_meltano_yml_does_not_override_is_saved(
    path: Path, project: dict[str, object]
) -> None:
    content = {"default_environment": "prod", **project}
    (path.parent / "meltano.yml").write_text(yaml.safe_dump(content))
    save_settings(path.parent, {SPACES: '["2"]'})
    assert dotenv_values(path)[SPACES] == '["2"]'


def test_meltano_has_the_precedence_that_is_assumed_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An `env:` takes precedence over `.env`, `config:` does not."""
    for name, value in Pipeline(tmp_path).environment.items():
        monkeypatch.setenv(name, value)
    file = tmp_path / "meltano.yml"
    content = yaml.safe_load(file.read_text())
    content["env"] = {"TAP_CLICKUP_START_DATE": "2026-09-09"}
    content["plugins"]["extractors"][0]["config"] = {"space_ids": ["9"]}
    file.write_text(yaml.safe_dump(content))
    (tmp_path / ".env").write_text("TAP_CLICKUP_START_DATE=2026-01-01\n")
    save_settings(tmp_path, {SPACES: '["2"]'})
    settings = MeltanoProject(tmp_path).read_settings(TAP)
    assert settings
    assert (settings["space_ids"], settings["start_date"]) == (["2"], "2026-09-09")


def test_a_link_a_folder_and_a_file_of_another_user_are_refused(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = partial(save_settings, path.parent, {SPACES: '["2"]'})
    path.chmod(0o666)
    with pytest.raises(ConfigurationError, match=r"others can write to it; run chmod 600 on it$"):
        save()
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")
    with pytest.raises(ConfigurationError, match=r"is a symbolic link; put the file itself there$"):
        save()
    path.unlink()
    path.mkdir()
    with pytest.raises(ConfigurationError, match=r"expected a regular file$"):
        save()
    path.rmdir()
    path.write_text(OLD)
    owner = path.stat().st_uid
    monkeypatch.setattr("plugin_settings.env_file.ROOT", owner)
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    with pytest.raises(ConfigurationError, match=f"belongs to the user with id {owner}; run the"):
        save()
    assert path.read_text() == OLD


@pytest.mark.parametrize("value", ["two\nlines", "nul\0", "${HOME}", "\u2028"])
def test_a_value_that_would_be_read_differently_is_refused(path: Path, value: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^{SPACES}: contains a control character"):
        save_settings(path.parent, {SPACES: value})
    assert path.read_text() == OLD


def test_concurrent_commands_lose_no_setting(path: Path) -> None:
    names = [f"TAP_CLICKUP_TEST_{number}" for number in range(20)]
    with ThreadPoolExecutor(8) as executor:
        list(executor.map(lambda name: save_settings(path.parent, {name: "x"}), names))
    values = dotenv_values(path)
    assert {name: values.get(name) for name in names} == dict.fromkeys(names, "x")
    assert path.read_text().startswith(OLD)


def test_a_kill_while_saving_leaves_the_old_file(path: Path) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_BEFORE_IT_REPLACES, path.parent],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    assert path.read_text() == OLD
    left = path.with_name(".env.new")
    assert stat.S_IMODE(left.stat().st_mode) == 0o600
    save_settings(path.parent, {SPACES: '["2"]'})
    assert not left.exists()
    assert path.read_text() == OLD.replace('["1"]', '["2"]')


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        save_settings(tmp_path / "missing", {SPACES: "[]"})
    assert str(caught.value) == (
        f"{tmp_path}/missing/.env: cannot be written (No such file or directory)"
    )
