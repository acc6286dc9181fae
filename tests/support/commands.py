"""Our commands, and Meltano, in processes that are forked from one which has imported them.

A test that starts many commands spends most of its time on imports. Each command gets its own
process, environment, folder and standard streams; only the start of the interpreter is shared.
Tests of signals, of pipes and of the start itself use `subprocess`.
"""

from __future__ import annotations

import atexit
import os
import sys
from contextlib import suppress
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection
from pathlib import Path
from subprocess import DEVNULL, CompletedProcess, Popen
from tempfile import TemporaryDirectory
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

PROJECT = Path(__file__).parents[2]
OURS = ("clickup_receiver.cli", "pandev.cli", "tap_git.tap", "tap_ide", "target_pandev.target")
MELTANO = ("meltano.cli",)  # it changes how all modules log
FLAGS = (os.O_RDONLY, os.O_WRONLY | os.O_APPEND, os.O_WRONLY | os.O_APPEND)
FORKING = get_context("fork")
ONE_AT_A_TIME = Lock()


def run_command(
    name: str, *options: str, env: Mapping[str, str], cwd: Path | None = None, stdin: str = ""
) -> CompletedProcess[str]:
    """Run a command to its end, with only these variables in its environment."""
    with TemporaryDirectory() as folder:
        streams = [Path(folder, stream) for stream in ("stdin", "stdout", "stderr")]
        for stream, text in zip(streams, (stdin, "", ""), strict=True):
            stream.write_text(text, encoding="utf-8")
        with ONE_AT_A_TIME:
            server = _start_server(*(MELTANO if name == "meltano" else OURS))
            server.send((name, options, dict(env), cwd or Path.cwd(), streams))
            code = server.recv()
        out, err = (stream.read_text(encoding="utf-8") for stream in streams[1:])
    return CompletedProcess([name, *options], code, out, err)


@cache
def _start_server(*modules: str) -> Connection:
    """Return a connection to the process that forks, which ends with this one."""
    ours, theirs = Pipe()
    command = [sys.executable, "-m", __name__, str(theirs.fileno()), *modules]
    process = Popen(command, cwd=PROJECT, stdin=DEVNULL, pass_fds=[theirs.fileno()])
    theirs.close()
    atexit.register(process.wait)
    atexit.register(ours.close)  # before the wait: what is registered last is called first
    return ours


def _serve(requests: Connection, modules: list[str]) -> None:
    """Fork a process for each request, and answer with its exit code."""
    for module in modules:
        import_module(module)
    sys.stdin = None  # a process closes it
    with suppress(EOFError):
        while True:
            process = FORKING.Process(target=_execute, args=requests.recv())
            process.start()
            process.join()
            requests.send(process.exitcode)


def _execute(
    name: str, options: tuple[str, ...], env: dict[str, str], cwd: Path, streams: list[Path]
) -> None:
    for number, (path, flags) in enumerate(zip(streams, FLAGS, strict=True)):
        opened = os.open(path, flags)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = sys.__stdin__
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    sys.argv = [str(Path(sys.executable).with_name(name)), *options]
    (command,) = entry_points(group="console_scripts", name=name)
    sys.exit(command.load()())


if __name__ == "__main__":
    _serve(Connection(int(sys.argv[1])), sys.argv[2:])
