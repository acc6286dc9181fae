"""One version of a peer from PyPI, in a separate virtual environment.

The environment is kept in `.bench/` and reused.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[1]
INSTALL_SECONDS = 600


@dataclass(frozen=True)
class Package:
    """A package at one version; `pythons` are the interpreters it can be installed for."""

    name: str
    version: str
    pythons: tuple[str, ...]

    def __str__(self) -> str:
        """Return the requirement for pip."""
        return f"{self.name}=={self.version}"

    @property
    def python(self) -> Path:
        """The Python of its environment."""
        return self.program("python")

    def program(self, name: str) -> Path:
        """Return the path of a command in its environment."""
        return self._environment / "bin" / name

    def install(self) -> str | None:
        """Create its environment unless it exists; return the error if that fails."""
        ready = self._environment / ".ready"
        if ready.exists():
            return None
        python = self._base_python()
        if python is None:
            return f"{self} requires {' or '.join(self.pythons)}, which is not installed"
        print(f"installing {self} into {self._environment.relative_to(PROJECT)}")
        try:
            _run(python, "-m", "venv", "--clear", str(self._environment))
            _run(str(self.python), "-m", "pip", "install", "--quiet", str(self))
        except (OSError, subprocess.SubprocessError) as error:
            output = getattr(error, "stderr", None) or str(error)
            return f"cannot install {self}: {str(output).strip().splitlines()[-1]}"
        ready.touch()
        return None

    @property
    def _environment(self) -> Path:
        return PROJECT / ".bench" / f"{self.name}-{self.version}"

    def _base_python(self) -> str | None:
        if "python{}.{}".format(*sys.version_info) in self.pythons:
            return sys.executable
        paths = map(shutil.which, self.pythons)
        return next((path for path in paths if path), None)


def _run(*command: str) -> None:
    subprocess.run(  # noqa: S603 - our own commands
        command, check=True, capture_output=True, text=True, timeout=INSTALL_SECONDS
    )
