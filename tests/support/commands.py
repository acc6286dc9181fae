"""Our commands, and Meltano, in processes that are forked from one which has imported them.

A test that starts many commands spends most of its time on imports. Each command gets its own
process, environment, folder and standard streams; only the start of the interpreter is shared.
`forked_variables` does the same for the commands that a command starts. Tests of pipes, of trees of
processes and of the start itself use `subprocess`.
"""

from __future__ import annotations

import atexit
import gc
import marshal
import os
import shutil
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from importlib import import_module
from importlib.metadata import entry_points
from multiprocessing import active_children, get_context
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from socket import AF_UNIX, SOCK_STREAM, recv_fds, socket
from subprocess import PIPE, CompletedProcess, Popen
from tempfile import TemporaryDirectory, mkdtemp
from typing import TYPE_CHECKING

from tests.support import command_client

if TYPE_CHECKING:
    from _socket import socket as RawSocket  # noqa: N812 - a class
    from collections.abc import Mapping
    from multiprocessing.context import ForkProcess

PROJECT = Path(__file__).parents[2]
OURS = (
    *("clickup_receiver.cli", "clickup_receiver.service", "pandev.cli", "pandev.commands.connect"),
    *("tap_clickup.tap", "tap_git.tap", "tap_ide", "target_pandev.target"),
)
MELTANO = (
    "meltano.cli",  # it changes how all modules log
    # What it imports once it knows its command, or opens its database.
    *("alembic.command", "anyio._backends._asyncio", "mako.ext.pygmentplugin"),
    *("meltano.migrations.utils.dialect_typing", "sqlalchemy.dialects.sqlite"),
)
NAMES = (
    *("meltano", "tap-clickup", "tap-git", "tap-ide", "target-pandev", "pandev"),
    "clickup-receiver",
)
FLAGS = (os.O_RDONLY, os.O_WRONLY | os.O_APPEND, os.O_WRONLY | os.O_APPEND)
FORKING = get_context("fork")
FORKED_PYTHON = "PYTHON_OF_FORKED_COMMANDS"
STANDARD_INPUT = 0


def run_command(
    name: str, *options: str, env: Mapping[str, str], cwd: Path | None = None, stdin: str = ""
) -> CompletedProcess[str]:
    """Run a command to its end, with only these variables in its environment."""
    with TemporaryDirectory() as folder:
        streams = [Path(folder, stream) for stream in ("stdin", "stdout", "stderr")]
        for stream, text in zip(streams, (stdin, "", ""), strict=True):
            stream.write_text(text, encoding="utf-8")
        opened = tuple(os.open(path, flags) for path, flags in zip(streams, FLAGS, strict=True))
        process = start_command(name, *options, env=env, cwd=cwd or Path.cwd(), streams=opened)
        for number in opened:
            os.close(number)
        code = process.wait()
        out, err = (stream.read_text(encoding="utf-8") for stream in streams[1:])
    return CompletedProcess([name, *options], code, out, err)


def start_command(
    name: str, *options: str, env: Mapping[str, str], cwd: Path, streams: tuple[int, ...]
) -> CommandProcess:
    """Start a command with these standard streams."""
    connection = command_client.request(
        _address_of(name), [name, *options], dict(env), str(cwd), streams
    )
    return CommandProcess(command_client.read_number(connection), connection)


@dataclass
class CommandProcess:
    """A command that was started; used as a `subprocess.Popen` is."""

    pid: int
    connection: RawSocket
    returncode: int | None = None

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code once the process has ended. Raises `TimeoutError`."""
        if self.returncode is None:
            self.connection.settimeout(timeout)
            self.returncode = command_client.read_number(self.connection)
            self.connection.close()
        return self.returncode

    def poll(self) -> int | None:
        """Return the exit code, or None while the process is running."""
        with suppress(BlockingIOError):
            self.wait(0)
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def forked_variables() -> dict[str, str]:
    """Return variables with which the commands that a command starts are forked as well.

    Ours look for programs next to `sys.executable` and then on PATH.
    """
    folder = forked_commands()
    path = os.pathsep.join([str(folder), str(Path(sys.executable).parent), os.environ["PATH"]])
    return {"PATH": path, FORKED_PYTHON: str(folder / "python")}


@cache
def forked_commands() -> Path:
    """Return a folder in which each command is a client that lets it be forked."""
    folder = Path(mkdtemp(prefix="pandev-commands-"))
    atexit.register(shutil.rmtree, folder)
    client = f'"{sys.executable}" -IS "{command_client.__file__}"'
    lines = {name: f'{client} "{_address_of(name)}" {name}' for name in NAMES}
    for name, line in {**lines, "python": f'"{sys.executable}"'}.items():
        script = folder / name
        script.write_text(f'#!/bin/sh\nexec {line} "$@"\n', encoding="utf-8")
        script.chmod(0o755)
    return folder


def _address_of(name: str) -> str:
    return _start_server(*(MELTANO if name == "meltano" else OURS))


@cache
def _start_server(*modules: str) -> str:
    """Return the address of the process that forks, which ends with this one."""
    folder = mkdtemp(prefix="pandev-forks-")
    address = os.path.join(folder, "socket")  # noqa: PTH118 - the address is a string
    with socket(AF_UNIX, SOCK_STREAM) as listener:
        listener.bind(address)
        listener.listen()
        command = [sys.executable, "-m", __name__, str(listener.fileno()), *modules]
        process = Popen(  # in its own session: a Ctrl-C must not end it before what it has forked
            command,
            cwd=PROJECT,
            stdin=PIPE,
            pass_fds=[listener.fileno()],
            start_new_session=True,
        )
    assert process.stdin is not None
    atexit.register(shutil.rmtree, folder)
    atexit.register(process.wait)
    atexit.register(process.stdin.close)  # first: what is registered last is called first
    return address


def _serve(listener: socket, modules: list[str]) -> None:
    """Fork a process for each connection; kill those that are running at the end."""
    for module in modules:
        import_module(module)
    gc.freeze()  # else each process would copy all that it inherits, to mark it
    sys.stdin = None  # a process closes it
    try:
        _fork_until_end_of_input(listener)
    finally:
        for process in active_children():  # for which the end of this process would wait
            process.kill()


def _fork_until_end_of_input(listener: socket) -> None:
    with DefaultSelector() as selector:
        selector.register(STANDARD_INPUT, EVENT_READ)
        selector.register(listener, EVENT_READ, partial(_accept, selector, listener))
        while True:
            for key, _ in selector.select():
                if key.fd == STANDARD_INPUT:
                    return
                if selector.get_map().get(key.fd) is key:  # not ended by one before it
                    key.data()


def _accept(selector: DefaultSelector, listener: socket) -> None:
    """Fork the process that a client requests, and send its id.

    A client may be killed before its request is complete, and at any time after it.
    """
    connection, _ = listener.accept()
    prefix, streams, _, _ = recv_fds(connection, 4, len(FLAGS))
    length = int.from_bytes(prefix)
    with connection.makefile("rb") as file:
        content = file.read(length)
    if not content or len(content) < length:
        connection.close()
        for number in streams:
            os.close(number)
        return
    request = marshal.loads(content)  # noqa: S302 - from a test
    process = FORKING.Process(target=_execute, args=(listener, request, streams))
    process.start()
    for number in streams:
        os.close(number)
    assert process.pid
    with suppress(OSError):  # its client was killed
        connection.sendall(process.pid.to_bytes(4))
    fork = _Fork(selector, connection, process, os.pidfd_open(process.pid))
    selector.register(fork.ended, EVENT_READ, fork.finish)
    selector.register(connection, EVENT_READ, fork.kill)


@dataclass
class _Fork:
    """A forked process, and the connection to the client that waits for it."""

    selector: DefaultSelector
    connection: socket
    process: ForkProcess
    ended: int

    def kill(self) -> None:
        """Kill the process, because its client was killed."""
        self.selector.unregister(self.connection)
        self.process.kill()

    def finish(self) -> None:
        """Send the exit code of the process, which has ended."""
        self.process.join()
        self.selector.unregister(self.ended)
        os.close(self.ended)
        if self.connection in self.selector.get_map():
            self.selector.unregister(self.connection)
        with suppress(OSError):  # its client was killed
            self.connection.sendall((self.process.exitcode or 0).to_bytes(4, signed=True))
        self.connection.close()


def _execute(
    listener: socket, request: tuple[list[str], dict[str, str], str, int], streams: list[int]
) -> None:
    listener.close()  # else clients would wait for a server that has ended
    os.setsid()
    (name, *options), env, cwd, umask = request
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - as at a start
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(  # noqa: SIM115
        2, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False
    )
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    os.umask(umask)
    sys.argv = [str(Path(sys.executable).with_name(name)), *options]
    sys.orig_argv = [sys.executable, *sys.argv]
    sys.executable = env.get(FORKED_PYTHON, sys.executable)
    folder = env.get("PYTHONPATH", "")
    if Path(folder, "sitecustomize.py").is_file():  # an audit hook
        sys.path.insert(0, folder)
        sys.modules.pop("sitecustomize", None)
        import_module("sitecustomize")
    (command,) = entry_points(group="console_scripts", name=name)
    sys.exit(command.load()())


if __name__ == "__main__":
    _serve(socket(fileno=int(sys.argv[1])), sys.argv[2:])
