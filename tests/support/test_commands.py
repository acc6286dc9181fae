"""A forked command sees only its own environment and standard input, and ends with its own code."""

from __future__ import annotations

import os
import subprocess
from functools import cache
from pathlib import Path
from socket import AF_UNIX, SOCK_STREAM, socket, socketpair
from subprocess import PIPE
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.support import command_client, commands
from tests.support.commands import forked_commands, forked_variables, run_command
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def start_server(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Return what starts the servers of the test, which are its own."""
    start: Callable[..., str] = cache(commands._start_server.__wrapped__)  # noqa: SLF001
    monkeypatch.setattr(commands, "_start_server", start)
    return start


@pytest.mark.usefixtures("start_server")
def test_a_command_sees_only_its_own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither that of the process that forks it nor that of the command before it."""
    monkeypatch.setenv("TAP_CLICKUP_API_TOKEN", "pk_1_AAAAAAAA")
    monkeypatch.setenv("TAP_CLICKUP_API_URL", "http://127.0.0.1:1/api/v2")
    refused = {"TAP_CLICKUP_API_TOKEN": "planted"}
    assert (
        "expected a personal API token"
        in run_command("tap-clickup", "--config=ENV", env=refused).stderr
    )
    done = run_command("tap-clickup", "--config=ENV", env={})
    assert (done.returncode, done.stdout) == (1, "")
    assert "| api_token: missing; " in done.stderr


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("{planted", "line 1: not JSON"),
        ('{"type": "PLANTED"}', "line 1: not a Singer message of a known type"),
    ],
)
def test_a_command_reads_its_standard_input(line: str, error: str) -> None:
    done = run_command(
        "target-pandev",
        "--config=ENV",
        env={"TARGET_PANDEV_STORE_URL": "postgresql://127.0.0.1:1/planted"},
        stdin=line,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1].endswith(f"| {error}")


def start(name: str, *options: str, cwd: Path) -> subprocess.Popen[bytes]:
    """Start the client of a command, as a command does that was forked itself."""
    return subprocess.Popen(
        [forked_commands() / name, *options],
        cwd=cwd,
        env={**forked_variables(), "TARGET_PANDEV_STORE_URL": "postgresql://127.0.0.1:1/x"},
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        umask=0o027,
    )


def test_a_client_hands_over_all_that_it_has(tmp_path: Path) -> None:
    """Arguments, folder, environment, umask, standard streams; and it has the exit code."""
    with start("target-pandev", "--config=ENV", cwd=tmp_path) as process:
        out, err = process.communicate(b"{planted")
    assert (process.returncode, out) == (1, b"")
    assert err.endswith(b"| line 1: not JSON\n")
    with start("meltano", "init", "planted", "--no-usage-stats", cwd=tmp_path) as process:
        process.communicate()
    assert process.returncode == 0
    assert (tmp_path / "planted").stat().st_mode & 0o777 == 0o750


def test_a_forked_process_is_killed_with_its_client(tmp_path: Path) -> None:
    """Nothing reads its standard input any longer."""
    with start("target-pandev", "--config=ENV", cwd=tmp_path) as process:
        assert process.stdin
        assert process.stderr
        assert process.stderr.readline().endswith(b"Meltano SDK v0.54.9\n")
        process.kill()
        pipe = process.stdin.fileno()
        os.set_blocking(pipe, False)

        def is_broken() -> bool:
            try:
                os.write(pipe, b"\n")
            except BrokenPipeError:
                return True
            except BlockingIOError:
                pass
            return False

        wait_until(is_broken)


def test_clients_that_are_killed_leave_the_others_alone(
    tmp_path: Path, start_server: Callable[..., str]
) -> None:
    """Before their request, after it, and at the end of their process."""
    others = psutil.Process().children()
    address = start_server(*commands.OURS)
    (server,) = set(psutil.Process().children()) - set(others)
    early = socket(AF_UNIX, SOCK_STREAM)
    early.connect(address)
    early.close()
    arguments = ["target-pandev", "--config=ENV"]
    client, peer = socketpair()  # its standard input, for which it waits
    with client, peer, Path(os.devnull).open("wb") as log:
        streams = (peer.fileno(), log.fileno(), log.fileno())
        command_client.request(address, arguments, {}, str(tmp_path), streams).close()
        late = command_client.request(address, arguments, {}, str(tmp_path), streams)
        forked = psutil.Process(command_client.read_number(late))
        server.suspend()
        forked.kill()
        wait_until(lambda: forked.status() == psutil.STATUS_ZOMBIE)
        late.close()
        server.resume()  # it sees both ends at once
    done = run_command("target-pandev", "--version", env={})
    assert (done.returncode, done.stderr) == (0, "")
