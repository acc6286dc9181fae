"""Settings come from the Meltano project, and are read again once its files change."""

from __future__ import annotations

import grp
import os
import pwd
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from clickup_receiver.data_dir import default_receiver_dir
from clickup_receiver.meltano_project import MeltanoProject, build_environment
from tap_clickup.errors import ConfigurationError
from tests.end_to_end.pipeline import Pipeline

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = """\
#!/bin/sh
echo "$MELTANO_ENVIRONMENT $*" >>calls
cat answer
"""
CREATES_A_DATABASE = """\
#!/bin/sh
if ! test -e .meltano/meltano.db; then
    mkdir creating || exit 1
    sleep 0.5
    mkdir -p .meltano && touch .meltano/meltano.db
fi
cat answer
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MeltanoProject:
    """Return a project whose Meltano answers with the file `answer` and counts in `calls`."""
    program = tmp_path / "meltano"
    program.write_text(SCRIPT)
    program.chmod(0o755)
    (tmp_path / "meltano.yml").write_text("default_environment: prod\ninclude_paths: [more.yml]\n")
    (tmp_path / "answer").write_text('{"store_schema": "acme"}')
    monkeypatch.delenv("MELTANO_ENVIRONMENT", raising=False)
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    return MeltanoProject(tmp_path)


def calls(project: MeltanoProject) -> list[str]:
    return (project.folder / "calls").read_text().splitlines()


def test_settings_are_requested_once_per_change_of_a_file(project: MeltanoProject) -> None:
    for _ in range(2):
        assert project.read_settings("target-pandev") == {"store_schema": "acme"}
    call = "prod --log-level=error config --unsafe print target-pandev --format=json"
    assert calls(project) == [call]
    for number, name in enumerate(("meltano.yml", ".env", "more.yml"), start=1):
        (project.folder / "answer").write_text(f'{{"store_schema": "acme{number}"}}')
        with (project.folder / name).open("a") as file:
            file.write("# changed\n")
        assert project.read_settings("target-pandev") == {"store_schema": f"acme{number}"}
        assert calls(project) == [call] * (number + 1)


def test_a_file_is_parsed_once_per_change(
    project: MeltanoProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every setting has to be looked for in the project's files."""
    parsed = []

    def load(content: bytes) -> Any:
        parsed.append(content)
        return safe_load(content)

    safe_load = yaml.safe_load
    monkeypatch.setattr(yaml, "safe_load", load)
    content = project.folder / "meltano.yml"
    for text in (b"default_environment: one\n", b"default_environment: two\n"):
        content.write_bytes(text)
        for _ in range(2):
            assert project.read_files() == {content: yaml.full_load(text)}
    assert parsed == [b"default_environment: one\n", b"default_environment: two\n"]


def test_a_new_project_is_not_opened_twice_at_once(project: MeltanoProject) -> None:
    """Meltano fails then: "created before database migrations were introduced"."""
    (project.folder / "meltano").write_text(CREATES_A_DATABASE)
    plugins = ("tap-clickup", "target-pandev", "clickup-receiver")
    project.read_all(*plugins)
    settings = [project.read_settings(plugin) for plugin in plugins]
    assert settings == [{"store_schema": "acme"}] * 3


def test_the_environment_of_meltano_is_the_chosen_one(
    project: MeltanoProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MELTANO_ENVIRONMENT", "dev")
    project.read_settings("target-pandev")
    assert calls(project)[0].split()[0] == "dev"


def test_the_project_is_the_nearest_above(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MELTANO_PROJECT_ROOT", raising=False)
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    (tmp_path / "meltano.yml").touch()
    monkeypatch.chdir(below)
    project = MeltanoProject.find()
    assert project
    assert project.folder == tmp_path
    monkeypatch.setenv("MELTANO_PROJECT_ROOT", "/srv/other")
    other = MeltanoProject.find()
    assert other
    assert str(other.folder) == "/srv/other"


def test_a_missing_meltano_is_one_clear_line(
    project: MeltanoProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project.folder / "meltano").unlink()
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ConfigurationError) as caught:
        project.read_settings("tap-clickup")
    assert str(caught.value) == (
        f"{project.folder}/meltano.yml may set tap-clickup, but the command meltano cannot be run "
        "(No such file or directory): put it on PATH, or work outside of that directory"
    )


def test_a_broken_project_file_is_one_clear_line(project: MeltanoProject) -> None:
    (project.folder / "meltano.yml").write_text("plugins: [")
    with pytest.raises(ConfigurationError) as caught:
        project.read_settings("tap-clickup")
    assert str(caught.value) == (f"{project.folder}/meltano.yml: while parsing a flow node")


@pytest.mark.parametrize("paths", ["5", "[5]", "{more.yml: 1}"])
def test_paths_that_are_no_list_of_texts_are_one_clear_line(
    project: MeltanoProject, paths: str
) -> None:
    (project.folder / "meltano.yml").write_text(f"include_paths: {paths}\n")
    with pytest.raises(ConfigurationError) as caught:
        project.read_settings("tap-clickup")
    assert str(caught.value) == (
        f"{project.folder}/meltano.yml: include_paths: expected a list of paths"
    )


def test_our_meltano_yml_gives_each_environment_a_schema(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fake ClickUp of `dev` does not write into the schema of `prod`."""
    for name, value in Pipeline(tmp_path).environment.items():
        monkeypatch.setenv(name, value)
    schemas = []
    for name in ("prod", "dev"):
        monkeypatch.setenv("MELTANO_ENVIRONMENT", name)
        settings = MeltanoProject(tmp_path).read_settings("target-pandev")
        assert settings
        schemas.append(settings["store_schema"])
    assert schemas == ["pandev", "pandev_dev"]
    assert MeltanoProject(tmp_path).read_settings("tap-other") is None


def test_settings_become_environment_variables() -> None:
    settings = {"space_ids": ["1"], "enabled": False, "start_date": "2026-01-01", "limit": None}
    assert build_environment("tap-clickup", settings) == {
        "TAP_CLICKUP_SPACE_IDS": '["1"]',
        "TAP_CLICKUP_ENABLED": "false",
        "TAP_CLICKUP_START_DATE": "2026-01-01",
    }


def test_the_receivers_data_is_next_to_the_stores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The directory of the first release stays in use where it exists."""
    monkeypatch.setattr(os, "geteuid", lambda: 7)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert default_receiver_dir() == tmp_path / "data" / "clickup-receiver"
    first_release = tmp_path / ".local" / "share" / "clickup-receiver"
    first_release.mkdir(parents=True)
    assert default_receiver_dir() == first_release
    (tmp_path / "data" / "clickup-receiver").mkdir(parents=True)
    assert default_receiver_dir() == tmp_path / "data" / "clickup-receiver"


@pytest.mark.parametrize("mode", [0o646, 0o664])
def test_a_project_file_that_others_can_write_is_refused(
    mode: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may name commands. This group has more members than the user, or is unknown."""
    path = tmp_path / "meltano.yml"
    path.touch()
    path.chmod(mode)
    monkeypatch.setattr(grp, "getgrgid", lambda _: grp.struct_group(("team", "x", 7, ["other"])))
    monkeypatch.setenv("MELTANO_PROJECT_ROOT", str(tmp_path))
    with pytest.raises(ConfigurationError) as caught:
        MeltanoProject.find()
    assert str(caught.value) == f"{path}: others can write to it; run chmod go-w on it"


def test_a_users_own_group_may_write_the_project_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the umask 002 of some systems git makes it so."""
    path = tmp_path / "meltano.yml"
    path.touch()
    path.chmod(0o664)
    user = pwd.struct_passwd(("me", "x", os.geteuid(), path.stat().st_gid, "", "/", "/bin/sh"))
    monkeypatch.setattr(pwd, "getpwall", lambda: [user])
    monkeypatch.setattr(grp, "getgrgid", lambda _: grp.struct_group(("me", "x", 7, [])))
    monkeypatch.setenv("MELTANO_PROJECT_ROOT", str(tmp_path))
    project = MeltanoProject.find()
    assert project
    assert project.folder == tmp_path


def test_a_project_of_another_user_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder above, such as /tmp, may be open to every user."""
    path = tmp_path / "meltano.yml"
    path.touch()
    below = tmp_path / "below"
    below.mkdir()
    monkeypatch.chdir(below)
    monkeypatch.delenv("MELTANO_PROJECT_ROOT", raising=False)
    if os.geteuid() == 0:
        os.chown(path, 65534, -1)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 65534)
    with pytest.raises(ConfigurationError, match=r"meltano\.yml: belongs to the user with id "):
        MeltanoProject.find()
