"""Processes that use an embedded store, and what a test asks and does of them."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg

from target_pandev.embedded.folder import StoreFolder
from tests.support.processes import stop_store

ROOT = os.geteuid() == 0
UNPRIVILEGED_UID = 65534
FAST = {"fsync": "off"}

STORE_USER_SCRIPT = """
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


class StoreUser:
    """A process that uses a store until it closes it or is killed."""

    def __init__(self, store: Path, *, uid: int | None = None, **options: Any) -> None:
        arguments = json.dumps(
            [str(store), uid, {"idle_timeout_seconds": 0, "settings": FAST, **options}]
        )
        self.process = subprocess.Popen(
            [sys.executable, "-c", STORE_USER_SCRIPT, arguments],
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


def remove_stores(top: Path) -> None:
    for mark in top.glob("**/pandev-store.txt"):
        stop_store(StoreFolder(mark.parent))
    shutil.rmtree(top)


def rows(url: str, statement: str) -> list[Any]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def reaper_pids(store: Path) -> list[int]:
    listed = subprocess.run(
        ["ps", "-A", "-ww", "-o", "pid=,args="], capture_output=True, check=True
    )
    lines = [line for line in listed.stdout.decode().splitlines() if f"reap {store} " in line]
    return [int(line.split()[0]) for line in lines]
