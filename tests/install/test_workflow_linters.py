"""GitHub's own schema and a security linter accept the workflows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.install.environment import PROJECT, Environment, create_environment

if TYPE_CHECKING:
    from pathlib import Path

LINTERS = ("check-jsonschema==0.39.0", "zizmor==1.32.0")
WORKFLOWS = sorted((PROJECT / ".github" / "workflows").glob("*.yml"))
SCHEMA = ("--builtin-schema", "vendor.github-workflows")


@pytest.fixture(scope="module")
def linters(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Return an environment with both linters; their rules come with them."""
    return create_environment(tmp_path_factory.mktemp("linters"), *LINTERS, pinned=False)


def test_the_workflows_are_valid(linters: Environment) -> None:
    assert linters.run("check-jsonschema", *SCHEMA, *WORKFLOWS).stdout == "ok -- validation done\n"


def test_the_workflows_give_nothing_away(linters: Environment) -> None:
    """No template injection, no kept credentials, no unpinned action, no excessive permission."""
    linters.run("zizmor", "--offline", "--no-progress", "--collect=all", *WORKFLOWS)


def test_a_workflow_with_faults_is_refused(linters: Environment, tmp_path: Path) -> None:
    text = WORKFLOWS[0].read_text(encoding="utf-8")
    path = tmp_path / "ci.yml"
    path.write_text(text.replace("runs-on:", "runs_on:"), encoding="utf-8")
    assert linters.run("check-jsonschema", *SCHEMA, path, check=False).returncode == 1
    injected = text.replace('run: make "$TARGET"', "run: make ${{ github.head_ref }}")
    path.write_text(injected, encoding="utf-8")
    done = linters.run("zizmor", "--offline", "--no-progress", path, check=False)
    assert "template-injection" in done.stdout
