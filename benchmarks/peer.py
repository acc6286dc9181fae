"""A peer from PyPI, one version of it, in a virtual environment of its own.

The environment is kept under `.bench/` and used again.
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
        """As pip takes it."""
        return f"{self.name}=={self.version}"

    @property
    def python(self) -> Path:
        """The interpreter of its environment."""
        return self.program("python")

    def program(self, name: str) -> Path:
        """Return the path of a command of its environment."""
        return self._environment / "bin" / name

    def install(self) -> str | None:
        """Make its environment where there is none; return why that cannot be done."""
        ready = self._environment / ".ready"
        if ready.exists():
            return None
        python = self._base_python()
        if python is None:
            return f"{self} needs {' or '.join(self.pythons)}, and none of them is here"
        print(f"installing {self} into {self._environment.relative_to(PROJECT)}")
        try:
            _call(python, "-m", "venv", "--clear", str(self._environment))
            _call(str(self.python), "-m", "pip", "install", "--quiet", str(self))
        except (OSError, subprocess.SubprocessError) as error:
            told = getattr(error, "stderr", None) or str(error)
            return f"{self} cannot be installed: {str(told).strip().splitlines()[-1]}"
        ready.touch()
        return None

    @property
    def _environment(self) -> Path:
        return PROJECT / ".bench" / f"{self.name}-{self.version}"

    def _base_python(self) -> str | None:
        if "python{}.{}".format(*sys.version_info) in self.pythons:
            return sys.executable
        return next((found for one in self.pythons if (found := shutil.which(one))), None)


def _call(*words: str) -> None:
    subprocess.run(  # noqa: S603 - our own commands
        words, check=True, capture_output=True, text=True, timeout=INSTALL_SECONDS
    )
