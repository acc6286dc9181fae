"""Run `pandev` as a person does: in a folder with `.env`, on a terminal of 80 columns."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from difflib import unified_diff
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

from rich.cells import cell_len

from pandev.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator

PANDEV = Path(sys.executable).with_name("pandev")
GOLDEN = Path(__file__).with_name("golden")
SETTING_PREFIXES = ("MELTANO_", "TAP_", "TARGET_PANDEV_", "CLICKUP_RECEIVER_", "PANDEV_")


def write_env(folder: Path, **settings: str) -> Path:
    """Write `.env` with settings and return its path."""
    path = folder / ".env"
    path.write_text("".join(f"{name}='{value}'\n" for name, value in settings.items()))
    path.chmod(0o600)
    return path


def run_pandev(
    folder: Path, *arguments: str, stdin: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end in this process, with only these settings in its environment."""
    out, err = StringIO(), StringIO()
    code = 0
    with (
        chdir(folder),
        only_settings(**environment),
        patch("sys.argv", ["pandev", *arguments]),
        patch("sys.stdin", StringIO(stdin)),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())


@contextmanager
def only_settings(**environment: str) -> Iterator[None]:
    """Set the environment of a command inside a `with`, and restore it and the signal handlers."""
    before = dict(os.environ)
    on_sigterm = signal.getsignal(signal.SIGTERM)
    for name in before:
        if name.startswith(SETTING_PREFIXES):
            del os.environ[name]
    os.environ.update({"COLUMNS": "80", **environment})
    try:
        with patch("plugin_settings.env_file._loaded", set()):
            yield
    finally:
        signal.signal(signal.SIGTERM, on_sigterm)
        os.environ.clear()
        os.environ.update(before)


def run_process(
    folder: Path, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end as a person does, with only these settings in its environment."""
    with chdir(folder), only_settings(**environment):
        return subprocess.run(
            [PANDEV, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )


def golden(name: str) -> str:
    """Return an expected output."""
    return (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")


def assert_golden(name: str, output: str, *, columns: int | None = 80) -> None:
    """Fail unless an output is the expected one and fits the terminal.

    With RENEW_GOLDEN=1 it becomes the expected one: look at `git diff tests/pandev/golden` then.
    """
    if os.environ.get("RENEW_GOLDEN"):
        (GOLDEN / f"{name}.txt").write_text(output, encoding="utf-8")
    too_long = [line for line in output.splitlines() if columns and cell_len(line) > columns]
    assert too_long == []
    difference = unified_diff(golden(name).splitlines(), output.splitlines(), lineterm="")
    assert output == golden(name), "\n".join(difference)
