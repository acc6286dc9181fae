"""The release that is installed: a wheel, made of the source distribution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.install.environment import PROJECT, find_uv, run

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Release:
    """The two files of a release."""

    wheel: Path
    sdist: Path

    def requirement(self, extra: str = "") -> str:
        """Return what pip and others install: the wheel, with an extra."""
        extras = f"[{extra}]" if extra else ""
        return f"pandev-clickup{extras} @ {self.wheel.as_uri()}"


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """Build the files of a release, the wheel from the source distribution."""
    folder = tmp_path_factory.mktemp("dist")
    run(find_uv(), "build", "--quiet", "--out-dir", folder, PROJECT, folder=folder)
    (wheel,) = folder.glob("*.whl")
    (sdist,) = folder.glob("*.tar.gz")
    return Release(wheel, sdist)
