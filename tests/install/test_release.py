"""The wheel and the source distribution have all files that they need, and no others."""

from __future__ import annotations

import subprocess
import tarfile
import zipfile
from email.parser import HeaderParser
from typing import TYPE_CHECKING

from tests.install.environment import PROJECT
from tests.test_repository import PACKAGES

if TYPE_CHECKING:
    from tests.install.conftest import Release

SURROUNDINGS = {"benchmarks", "deploy", "docs", "examples", "plugins", "tests"}


def tracked_files() -> list[str]:
    """Return what git knows, and what it would add."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [name for name in sorted(set(listed.stdout.splitlines())) if (PROJECT / name).is_file()]


def files_of(folders: set[str]) -> list[str]:
    """Return the tracked files in these top-level folders."""
    return [name for name in tracked_files() if name.split("/")[0] in folders and "/" in name]


def test_the_wheel_has_every_file_of_the_packages(release: Release) -> None:
    """SQL, schemas, templates and styles too; of the repository around it has nothing."""
    with zipfile.ZipFile(release.wheel) as wheel:
        names = sorted(name for name in wheel.namelist() if ".dist-info/" not in name)
    assert "target_pandev/sql/views/01_task_overview.sql" in names
    assert names == files_of(PACKAGES)


def test_the_source_distribution_has_what_its_tests_need(release: Release) -> None:
    with tarfile.open(release.sdist) as sdist:
        names = {name.split("/", 1)[1] for name in sdist.getnames()}
    expected = files_of(PACKAGES | SURROUNDINGS)
    assert len(expected) > 500
    assert sorted(set(expected) - names) == []
    assert not {".env", ".git", ".meltano", ".venv"} & {name.split("/")[0] for name in names}


def test_the_metadata_is_what_an_index_shows(release: Release) -> None:
    with zipfile.ZipFile(release.wheel) as wheel:
        text = wheel.read("pandev_clickup-0.1.0.dist-info/METADATA").decode()
    metadata = HeaderParser().parsestr(text)
    assert metadata["Author"] == "PanDev ClickUp contributors"
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Requires-Python"] == ">=3.11"
    minors = [11, 12, 13, 14]
    assert [line for line in metadata.get_all("Classifier", []) if ":: 3." in line] == [
        f"Programming Language :: Python :: 3.{minor}" for minor in minors
    ]
    urls = dict(line.split(", ") for line in metadata.get_all("Project-URL", []))
    assert list(urls) == ["Homepage", "Repository", "Issues", "Changelog"]
    assert metadata.get_all("Provides-Extra", []) == [
        "all",
        "dev",
        "docs",
        "git",
        "ide",
        "meltano",
        "pandev",
        "receiver",
        "target",
    ]
