"""Processes that use an embedded store, and what a test asks and does of them."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from target_pandev.embedded import EmbeddedServer, locks
from target_pandev.embedded.folder import StoreFolder

ROOT = os.geteuid() == 0
NOBODY = 65534
FAST = {"fsync": "off"}

MEMBER = """
import codecs, json, os, sys
from pathlib import Path
from target_pandev.embedded import EmbeddedError, EmbeddedServer, binaries
store, uid, options = json.loads(sys.argv[1])
codecs.lookup("ascii"), binaries._wheel()  # loaded while we may still read everything
if uid is not None:
    os.setgroups([]); os.setgid(uid); os.setuid(uid)
server = EmbeddedServer(Path(store), **options)
try:
    server.open()
except EmbeddedError as error:
    print(json.dumps({"error": str(error)}), flush=True)
    sys.exit(1)
print(json.dumps({"url": server.url}), flush=True)
sys.stdin.readline()
server.close()
"""


class Member:
    """A process of its own that uses a store until it is told to close or is killed."""

    def __init__(self, store: Path, *, uid: int | None = None, **options: Any) -> None:
        arguments = json.dumps([str(store), uid, {"linger": 0, "settings": FAST, **options}])
        self.process = subprocess.Popen(
            [sys.executable, "-c", MEMBER, arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def url(self) -> str:
        assert self.process.stdout is not None
        said = json.loads(self.process.stdout.readline())
        assert "url" in said, said
        return str(said["url"])

    def close(self) -> None:
        self.process.communicate("close\n", timeout=20)
        assert self.process.returncode == 0

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


def until(holds: Callable[[], object], *, seconds: float = 20) -> None:
    limit = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < limit, "what the test waits for did not happen"
        time.sleep(0.01)


def finish(folder: StoreFolder) -> None:
    EmbeddedServer(folder.path).stop()
    until(partial(locks.is_free, folder.keeper_lock))
    if not folder.socket_dir.is_relative_to(folder.path):
        shutil.rmtree(folder.socket_dir, ignore_errors=True)


def remove(top: Path) -> None:
    for mark in top.glob("**/pandev-store.txt"):
        finish(StoreFolder(mark.parent))
    shutil.rmtree(top)


def rows(url: str, statement: str) -> list[Any]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def postmaster_pid(store: Path) -> int:
    return int((store / "data" / "postmaster.pid").read_text().split("\n")[0])


def kill_postmaster(store: Path) -> None:
    os.kill(postmaster_pid(store), signal.SIGKILL)
    until(lambda: locks.is_free(store / "server.lock"))


def keeper_pids(store: Path) -> list[int]:
    listed = subprocess.run(
        ["ps", "-A", "-ww", "-o", "pid=,args="], capture_output=True, check=True
    )
    lines = [line for line in listed.stdout.decode().splitlines() if f"keep {store} " in line]
    return [int(line.split()[0]) for line in lines]
