"""The workflows run what the Makefile has, on what the metadata promises, with few permissions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from packaging.requirements import Requirement

from tests.test_constraints import read_pins
from tests.test_repository import PROJECT, PYPROJECT

if TYPE_CHECKING:
    from pathlib import Path

WORKFLOWS = sorted((PROJECT / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
MAKEFILE = (PROJECT / "Makefile").read_text(encoding="utf-8")


def read(name: str) -> dict[str, Any]:
    text = (PROJECT / ".github" / "workflows" / name).read_text(encoding="utf-8")
    workflow: dict[str, Any] = yaml.safe_load(text)
    return workflow


def steps(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_action_is_pinned_to_a_commit(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    used = [line.strip().removeprefix("- ") for line in lines if "uses:" in line]
    assert used
    assert [line for line in used if not PINNED.fullmatch(line)] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_only_the_publication_may_do_more_than_read(path: Path) -> None:
    """An index trusts the workflow by `id-token`; there is no token to keep or to lose."""
    workflow = read(path.name)
    assert workflow["permissions"] == {}
    granted = {name: job["permissions"] for name, job in workflow["jobs"].items()}
    assert granted.pop("publish", {"id-token": "write"}) == {"id-token": "write"}
    assert set(map(str, granted.values())) == {"{'contents': 'read'}"}
    assert "secrets." not in path.read_text(encoding="utf-8")


def test_ci_tests_every_version_that_the_metadata_names() -> None:
    jobs = read("ci.yml")["jobs"]
    classifiers = PYPROJECT["project"]["classifiers"]
    versions = [line.rpartition(" ")[2] for line in classifiers if ":: 3." in line]
    assert jobs["test"]["strategy"]["matrix"]["python"] == versions
    assert jobs["postgresql"]["strategy"]["matrix"]["postgresql"] == ["15", "18"]


def test_ci_runs_every_check_of_the_project() -> None:
    """Those of .ci/run, those that need another service, and the coverage, which takes long."""
    workflow = read("ci.yml")
    commands = [step["run"] for step in steps(workflow) if "run" in step]
    targets = {name for command in commands for name in re.findall(r"^make ([\w-]+)", command)}
    targets |= set(workflow["jobs"]["other"]["strategy"]["matrix"]["target"])
    script = (PROJECT / ".ci" / "run").read_text(encoding="utf-8")
    lines = re.findall(r"^make ([^#\n]*)", script, re.MULTILINE)
    local = {word for line in lines for word in line.split() if not word.startswith("--")}
    assert len(local) == 4
    assert targets - {"setup"} == local | {"lint", "docs", "audit", "coverage"}
    defined = set(re.findall(r"^([\w-]+):", MAKEFILE, re.MULTILINE))
    assert targets - defined == set()
    assert PYPROJECT["tool"]["coverage"]["report"]["fail_under"] > 80


def test_ci_keeps_the_screenshots_of_the_page() -> None:
    """Also of a run that failed: then they are needed most."""
    run, upload = read("ci.yml")["jobs"]["debian"]["steps"][-2:]
    assert run == {"run": "make test-debian", "env": {"PAGE_SCREENSHOTS": "screenshots"}}
    assert upload["uses"].startswith("actions/upload-artifact@")
    assert upload["if"] == "always()"
    assert upload["with"]["path"] == "screenshots/"


def test_what_debian_leaves_out_exists() -> None:
    """So that a renamed module is not run on PostgreSQL 15 in spite of its entry."""
    script = (PROJECT / ".ci" / "debian").read_text(encoding="utf-8").replace("\\\n", " ")
    (names,) = re.findall(r"^for module in (.*); do$", script, re.MULTILINE)
    folder = PROJECT / "tests" / "target_pandev"
    assert len(names.split()) > 10
    assert [name for name in names.split() if not (folder / f"test_{name}.py").is_file()] == []


def test_a_release_publishes_only_what_was_built_for_its_tag() -> None:
    workflow = read("release.yml")
    assert workflow["on"] == {"push": {"tags": ["v*"]}}
    build, publish = workflow["jobs"]["build"], workflow["jobs"]["publish"]
    assert {"run": "make release-files", "env": {"TAG": "${{ github.ref_name }}"}} in build["steps"]
    assert (publish["needs"], publish["environment"]) == ("build", "release")
    assert "run" not in {key for step in publish["steps"] for key in step}


def test_the_changelog_describes_the_version() -> None:
    text = (PROJECT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert headings[0] == "Unreleased"
    version = re.escape(PYPROJECT["project"]["version"])
    assert re.fullmatch(rf"{version} - \d{{4}}-\d\d-\d\d", headings[1])


def test_the_lock_has_the_tested_versions_with_hashes() -> None:
    """After a change of pyproject.toml or constraints.txt `make lock` writes it."""
    text = (PROJECT / "requirements.lock").read_text(encoding="utf-8")
    entries = re.split(r"\n(?=\w)", text.split("make lock\n", 1)[1])
    locked = {}
    for entry in entries:
        requirement, *hashes = entry.rstrip().split(" \\\n    --hash=")
        parsed = Requirement(requirement)
        assert hashes, requirement
        assert [line for line in hashes if not re.fullmatch(r"sha256:[0-9a-f]{64}", line)] == []
        locked[parsed.name] = str(parsed.specifier).removeprefix("==")
    pins = read_pins()
    tested = {name: version for name, version in locked.items() if name in pins}
    assert tested == {name: str(pins[name]) for name in tested}
    extras = PYPROJECT["project"]["optional-dependencies"]
    lines = [*PYPROJECT["project"]["dependencies"], *extras["pandev"], *extras["receiver"]]
    lines += [*extras["target"], *extras["git"]]
    needed = {Requirement(line).name for line in lines} - {"pandev-clickup"}
    assert needed - set(locked) == set()
    assert "://" not in text
