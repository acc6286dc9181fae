"""The peer, `tap-clickup` 0.0.23 from PyPI, in a virtual environment of its own.

The environment is kept under `.bench/` and used again. The peer needs Python 3.10 or 3.11: its
metadata allow less, its code does not.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[1]
VERSION = "0.0.23"
PACKAGE = f"tap-clickup=={VERSION}"
ENVIRONMENT = PROJECT / ".bench" / f"tap-clickup-{VERSION}"
PYTHON = ENVIRONMENT / "bin" / "python"
READY = ENVIRONMENT / ".ready"
WRAPPER = Path(__file__).with_name("peer_tap.py")
PYTHONS = ("python3.11", "python3.10")
INSTALL_SECONDS = 600


def install() -> str | None:
    """Make the peer's environment where there is none; return why that cannot be done."""
    if READY.exists():
        return None
    python = _python()
    if python is None:
        return f"{PACKAGE} needs Python 3.10 or 3.11, and neither is here"
    print(f"installing {PACKAGE} into {ENVIRONMENT.relative_to(PROJECT)}")
    try:
        _call(python, "-m", "venv", "--clear", str(ENVIRONMENT))
        _call(str(PYTHON), "-m", "pip", "install", "--quiet", PACKAGE)
    except (OSError, subprocess.SubprocessError) as error:
        told = getattr(error, "stderr", None) or str(error)
        return f"{PACKAGE} cannot be installed: {str(told).strip().splitlines()[-1]}"
    READY.touch()
    return None


def command(api_url: str) -> list[str | Path]:
    """Return the command that starts the peer against an API address, without its arguments."""
    return [PYTHON, WRAPPER, api_url]


def _python() -> str | None:
    if "python{}.{}".format(*sys.version_info) in PYTHONS:
        return sys.executable
    return next((found for one in PYTHONS if (found := shutil.which(one))), None)


def _call(*words: str) -> None:
    subprocess.run(  # noqa: S603 - our own commands
        words, check=True, capture_output=True, text=True, timeout=INSTALL_SECONDS
    )
