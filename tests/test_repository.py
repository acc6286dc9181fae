"""The layout of the repository, its packages and its tests follow the house style."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = Path(__file__).parents[1]
README = (PROJECT / "README.md").read_text(encoding="utf-8")
PYPROJECT: dict[str, Any] = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
SCRIPTS: dict[str, str] = PYPROJECT["project"]["scripts"]
COMMAND_PACKAGES = {target.split(":")[0].split(".")[0] for target in SCRIPTS.values()}
PACKAGES = COMMAND_PACKAGES | {"tap_base", "plugin_settings"}
"""One package per command, and what the taps and all of them have in common."""
OTHER_FOLDERS = {"benchmarks", "deploy", "docs", "examples", "plugins", "tests"}
GENERATED = {"__pycache__", "build", "dist"}
MAX_NAME_LENGTH = 65
REQUIREMENTS = (PROJECT / "docs" / "contributing" / "requirements.md").read_text(encoding="utf-8")
REQUIREMENT = re.compile(r"\b[DR]\d{1,3}\b")


def inits() -> list[Path]:
    """Return the `__init__.py` of every package that has modules."""
    return [
        path
        for package in sorted(PACKAGES)
        for path in sorted((PROJECT / package).rglob("__init__.py"))
        if modules_of(path)
    ]


def modules_of(init: Path) -> set[str]:
    """Return the names of a package's modules and of its subpackages that contain modules."""
    modules = {path.stem for path in init.parent.glob("*.py")} - {"__init__", "__main__"}
    return modules | {path.parent.name for path in init.parent.glob("*/__init__.py")}


def all_tests() -> Iterator[tuple[str, ast.FunctionDef]]:
    """Yield the file of each test and its definition."""
    for path in sorted((PROJECT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield path.relative_to(PROJECT).as_posix(), node


def test_readme_lists_every_command() -> None:
    table = README.split("| command |", 1)[1].split("\n\n", 1)[0]
    assert re.findall(r"^\| `([\w-]+)`", table, re.MULTILINE) == list(SCRIPTS)


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_every_package_declares_its_types(package: str) -> None:
    """https://peps.python.org/pep-0561/."""
    assert (PROJECT / package / "py.typed").read_text() == ""


def test_every_command_has_a_package_of_its_name() -> None:
    """D7: so the folders are those of README's table of commands."""
    assert {name.replace("-", "_") for name in SCRIPTS} == COMMAND_PACKAGES
    wheel = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert set(wheel["packages"]) == PACKAGES


def test_top_level_folders_are_the_packages_and_their_surroundings() -> None:
    folders = {path.name for path in PROJECT.iterdir() if path.is_dir()}
    visible = {name for name in folders if not name.startswith(".")}
    assert visible - GENERATED == PACKAGES | OTHER_FOLDERS


def test_the_docstrings_of_tests_name_exactly_the_requirements() -> None:
    """Each by its own number and never by a range, so that `git grep` finds the tests of each."""
    listed = re.findall(r"^- ([DR]\d+): ", REQUIREMENTS, re.MULTILINE)
    assert listed == [f"R{number}" for number in range(1, 136)] + [f"D{n}" for n in range(1, 8)]
    docstrings = [ast.get_docstring(test) or "" for _, test in all_tests()]
    assert [text for text in docstrings if re.search(r"\b[DR]\d+(?:-| to )[DR]\d", text)] == []
    named = {number for text in docstrings for number in REQUIREMENT.findall(text)}
    assert sorted(named ^ set(listed)) == []


@pytest.mark.parametrize("init", inits(), ids=lambda init: init.parent.name)
def test_package_docstring_names_every_module(init: Path) -> None:
    docstring = ast.get_docstring(ast.parse(init.read_text(encoding="utf-8"))) or ""
    assert modules_of(init) - set(re.findall(r"`(\w+)`", docstring)) == set()


def test_no_test_has_a_long_name() -> None:
    long = [
        f"{file}: {test.name}" for file, test in all_tests() if len(test.name) > MAX_NAME_LENGTH
    ]
    assert long == []


def test_no_docstring_of_a_test_is_only_a_number() -> None:
    bare = [
        f"{file}: {test.name}"
        for file, test in all_tests()
        if re.fullmatch(r"[DR\d\s,.:-]+", ast.get_docstring(test) or "-x")
    ]
    assert bare == []
