"""The pins satisfy the requirements, which exclude versions with known vulnerabilities."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

PROJECT = Path(__file__).parents[1]
METADATA: dict[str, Any] = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
NAME = METADATA["project"]["name"]
EXTRAS: dict[str, list[str]] = METADATA["project"]["optional-dependencies"]
REQUIRED = [Requirement(line) for line in METADATA["project"]["dependencies"]]
OPTIONAL = [Requirement(line) for lines in EXTRAS.values() for line in lines]
FIXED = {
    "python-dotenv": "1.2.2",  # CVE-2026-28684
    "requests": "2.32.4",  # CVE-2024-47081
    "starlette": "1.3.1",  # CVE-2026-48710, PYSEC-2026-248, PYSEC-2026-249
    "urllib3": "2.8.0",  # CVE-2026-97687, CVE-2026-97689
}
"""The version in which the last known vulnerability of a package was fixed."""


def read_pins() -> dict[str, Version]:
    """Return the pinned version of each package."""
    lines = (PROJECT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line.split("==") for line in lines if not line.startswith("#")]
    return {canonicalize_name(name): Version(version) for name, version in pins}


def test_the_pinned_versions_satisfy_the_requirements() -> None:
    pins = read_pins()
    requirements = [item for item in REQUIRED + OPTIONAL if item.name != NAME]
    assert len(requirements) > 20
    violations = [
        str(requirement)
        for requirement in requirements
        if pins[canonicalize_name(requirement.name)] not in requirement.specifier
    ]
    assert violations == []


@pytest.mark.parametrize("name", FIXED)
def test_versions_with_known_vulnerabilities_are_excluded(name: str) -> None:
    requirement = next(item for item in REQUIRED + OPTIONAL if item.name == name)
    lowest = [Version(item.version) for item in requirement.specifier if item.operator == ">="]
    assert max(lowest) >= Version(FIXED[name])
