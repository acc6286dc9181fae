"""`pandev store start --stay --port`: who gets in, and what signals, kills and others do to it."""

from __future__ import annotations

import json
import re
import signal
import socket
import threading
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psutil
import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from target_pandev.embedded import EmbeddedServer
from target_pandev.embedded.folder import StoreFolder
from tests.pandev.store_process import call_command, start_command, staying, stopped_store
from tests.support.processes import kill_server, stop_store
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Yield the folder of an embedded store, which the tests share."""
    with stopped_store() as folder:
        yield folder


def address_of(folder: Path, url: str, **changes: str) -> str:
    """Return the address by the port of a URL, with the password of the store's own user."""
    port = urlsplit(url).port
    assert port
    parameters = {
        "host": "127.0.0.1",
        "user": "pandev",
        "password": (folder / "password").read_text(),
        "dbname": "pandev",
        "connect_timeout": "30",
        "port": str(port),
        **changes,
    }
    return make_conninfo("", **parameters)


def select_one(address: str) -> object:
    with psycopg.connect(address) as connection:
        return connection.execute("SELECT 1").fetchall()


def end(process: subprocess.Popen[str], signum: signal.Signals) -> tuple[int, str, str]:
    """Send a signal to a command; return its exit code, what it printed since, and its errors."""
    process.send_signal(signum)
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def has_ipv6_loopback() -> bool:
    with socket.socket(socket.AF_INET6) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            return False
        return True


def test_the_port_requires_the_password_by_scram(folder: Path) -> None:
    with staying("--port", "0", folder=folder) as (process, url):
        assert re.fullmatch(r"postgresql://127\.0\.0\.1:\d+/pandev", url)
        assert select_one(address_of(folder, url, require_auth="scram-sha-256")) == [(1,)]
        for password in ("", "guessed"):
            with pytest.raises(psycopg.OperationalError, match="password"):
                select_one(address_of(folder, url, password=password))
        code, out, err = end(process, signal.SIGTERM)
    assert (code, out, err) == (0, "stopped\n", "")


def test_a_store_that_stays_prints_its_address_as_json(folder: Path) -> None:
    """Stdout has one JSON value, while it is running and at its end."""
    with start_command("start", "--stay", "--format", "json", folder=folder) as process:
        assert process.stdout is not None
        printed = "".join(process.stdout.readline() for _ in range(3))
        assert json.loads(printed) == {"url": EmbeddedServer(folder).address(None)}
        assert end(process, signal.SIGTERM) == (0, "", "stopped\n")


def test_the_port_is_open_on_the_loopback_interface_only(folder: Path) -> None:
    with staying("--port", "0", folder=folder) as (process, url):
        listening = {
            connection.laddr
            for connection in psutil.Process(process.pid).net_connections(kind="inet")
            if connection.status == psutil.CONN_LISTEN
        }
        hosts = {"127.0.0.1", "::1"} if has_ipv6_loopback() else {"127.0.0.1"}
        assert listening == {(host, urlsplit(url).port) for host in hosts}
        for host in hosts:
            assert select_one(address_of(folder, url, host=host)) == [(1,)]
        with psycopg.connect(address_of(folder, url)) as connection:
            assert connection.execute("SHOW listen_addresses").fetchall() == [("",)]


def test_large_results_and_cancellations_pass_the_port(folder: Path) -> None:
    with (
        staying("--port", "0", folder=folder) as (_, url),
        psycopg.connect(address_of(folder, url), autocommit=True) as connection,
    ):
        rows = connection.execute(
            "SELECT n, repeat('x', 1000) FROM generate_series(1, 20000) AS n"
        ).fetchall()
        assert rows == [(number, "x" * 1000) for number in range(1, 20_001)]
        cancellation = threading.Timer(0.5, connection.cancel_safe)
        cancellation.start()
        with pytest.raises(psycopg.errors.QueryCanceled):
            connection.execute("SELECT pg_sleep(120)")
        cancellation.join()


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_server_cleanly(folder: Path, signum: signal.Signals) -> None:
    with staying(folder=folder) as (process, url):
        assert url == EmbeddedServer(folder).address(None)
        assert EmbeddedServer(folder).is_running()
        assert end(process, signum) == (0, "stopped\n", "")
    assert not EmbeddedServer(folder).is_running()
    assert (folder / "server.log").read_text().splitlines()[-1].endswith("is shut down")


def test_a_second_one_is_refused_and_the_first_goes_on(folder: Path) -> None:
    with staying("--port", "0", folder=folder) as (process, url):
        pid = process.pid
        refused = f"pandev: store_dir {folder}: process {pid} keeps this store running already\n"
        assert call_command("start", "--stay", "--port", "0", folder=folder) == (1, "", refused)
        in_use = (
            f"pandev: pandev store start --stay (process {pid}) keeps the store running; stop that "
            "process\n"
        )
        assert call_command("stop", folder=folder) == (1, "", in_use)
        assert select_one(address_of(folder, url)) == [(1,)]


def test_a_port_that_is_taken_is_refused(folder: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]
        taken = (
            f"pandev: port {port}: another process listens on it; choose another port, or 0 for a "
            "free one\n"
        )
        ended = call_command("start", "--stay", "--port", str(port), folder=folder)
        assert ended == (1, "", taken)


def test_a_port_needs_stay(folder: Path) -> None:
    code, out, err = call_command("start", "--port", "0", folder=folder)
    assert (code, out) == (2, "")
    assert err.splitlines()[-1] == (
        "Error: --port needs --stay: the port is open while the command runs"
    )


def test_a_store_of_another_server_does_not_stay(folder: Path) -> None:
    location = ("--store-url", "postgresql://user1@db.example.com/metrics")
    assert call_command("start", "--stay", folder=folder, location=location) == (
        1,
        "",
        "pandev: store_url is set, so there is no embedded store; use that URL\n",
    )


def test_a_port_is_refused_while_others_need_no_password(folder: Path) -> None:
    rules = folder / "data" / "pg_hba.conf"
    original = rules.read_text()
    rules.write_text(f"local all all trust\n{original}")
    try:
        assert call_command("start", "--stay", "--port", "0", folder=folder) == (
            1,
            "",
            f"pandev: {rules}, line 1 trust: a port needs the method scram-sha-256 in every line\n",
        )
    finally:
        stop_store(StoreFolder(folder))
        rules.write_text(original)


def test_a_run_keeps_the_server_after_a_signal(folder: Path) -> None:
    """Its connection is not cut; the port is."""
    with staying("--port", "0", folder=folder) as (process, url), EmbeddedServer(folder) as run:
        with psycopg.connect(run.conninfo, autocommit=True) as connection:
            assert end(process, signal.SIGTERM) == (
                0,
                "still in use: it stops after its last user\n",
                "",
            )
            assert connection.execute("SELECT 1").fetchall() == [(1,)]
        with pytest.raises(psycopg.OperationalError, match="refused"):
            select_one(address_of(folder, url))


def test_a_kill_closes_the_port_and_the_server_becomes_idle(folder: Path) -> None:
    with staying("--port", "0", folder=folder) as (process, url):
        process.kill()
        process.wait(60)
        with pytest.raises(psycopg.OperationalError, match="refused"):
            select_one(address_of(folder, url))
        assert EmbeddedServer(folder).is_running()
        port = str(urlsplit(url).port)
    with staying("--port", port, folder=folder) as (process, url):
        assert select_one(address_of(folder, url)) == [(1,)]
        process.kill()
        process.wait(60)
    (folder / "users.lock").write_text("0.2\n")  # instead of a minute
    wait_until(lambda: not EmbeddedServer(folder).is_running())


def test_a_server_that_was_killed_is_started_again(folder: Path) -> None:
    with staying("--port", "0", folder=folder) as (process, url):
        kill_server(folder)
        wait_until(lambda: EmbeddedServer(folder).is_running())

        def answers() -> bool:
            try:
                return select_one(address_of(folder, url)) == [(1,)]
            except psycopg.OperationalError:
                return False

        wait_until(answers)
        assert end(process, signal.SIGTERM) == (0, "stopped\n", "")
