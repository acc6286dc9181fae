"""The folder of a store: the default, unusual paths, and folders that are rejected."""

import os
import sys
from pathlib import Path

import pytest

from target_pandev.embedded import EmbeddedError, EmbeddedServer, default_data_dir
from tests.target_pandev.embedded.processes import FAST, ROOT, rows


@pytest.mark.parametrize("name", ["deep" * 40, "one, two"])
def test_a_path_too_long_for_a_socket_gets_a_short_socket_folder(store: Path, name: str) -> None:
    moved = store.rename(store.with_name(name))
    with EmbeddedServer(moved, idle_timeout_seconds=0, settings=FAST) as server:
        assert rows(server.url, "SELECT 1") == rows(server.conninfo, "SELECT 1") == [(1,)]
        ((socket_folder,),) = rows(server.url, "SHOW unix_socket_directories")
    short = Path(socket_folder.strip('"'))
    assert short.parent == Path("/tmp")  # noqa: S108 -- the place promised
    assert short.stat().st_mode & 0o777 == 0o700
    short.chmod(0o755)
    with pytest.raises(EmbeddedError, match="mode 0755: remove it, or choose another store_dir"):
        EmbeddedServer(moved, idle_timeout_seconds=0).open()


def test_a_path_with_spaces_and_quotes_works(store: Path) -> None:
    moved = store.rename(store.with_name("it's 100% \u00fc"))
    with EmbeddedServer(moved, idle_timeout_seconds=0, settings=FAST) as server:
        assert rows(server.url, "SELECT 1") == rows(server.conninfo, "SELECT 1") == [(1,)]


@pytest.mark.skipif(not ROOT, reason="only root runs the server as another user")
def test_a_folder_that_the_server_cannot_reach_is_named(top: Path) -> None:
    (top / "closed").mkdir(mode=0o700)
    with pytest.raises(EmbeddedError) as error:
        EmbeddedServer(top / "closed" / "store", idle_timeout_seconds=0).open()
    assert str(error.value) == (
        f"store_dir {top}/closed/store cannot be reached by the user that runs PostgreSQL "
        f"for root: {top}/closed is closed to others; choose another store_dir, "
        "for example /var/lib/pandev-clickup"
    )
    assert (top / "closed").stat().st_mode & 0o777 == 0o700
    assert list((top / "closed").iterdir()) == []


def touched(folder: Path) -> tuple[int, ...]:
    """Return the attributes that change when a folder is not only read."""
    status = folder.stat()
    return status.st_mode, status.st_uid, status.st_gid, status.st_mtime_ns, status.st_ctime_ns


def test_a_folder_with_other_things_is_refused_and_not_touched(top: Path) -> None:
    (top / "thesis.txt").write_text("chapter 1")
    before = touched(top)
    with pytest.raises(EmbeddedError, match="is neither empty nor a store: choose a new folder"):
        EmbeddedServer(top, idle_timeout_seconds=0).open()
    assert [path.name for path in top.iterdir()] == ["thesis.txt"]
    assert touched(top) == before
    with pytest.raises(EmbeddedError, match=r"thesis\.txt is not a folder"):
        EmbeddedServer(top / "thesis.txt", idle_timeout_seconds=0).open()


@pytest.mark.parametrize(
    ("platform", "uid", "environ", "expected"),
    [
        ("linux", 0, {"HOME": "/root"}, "/var/lib/pandev-clickup"),
        ("darwin", 0, {}, "/var/lib/pandev-clickup"),
        ("linux", 7, {"HOME": "/home/ada"}, "/home/ada/.local/share/pandev-clickup"),
        ("linux", 7, {"HOME": "/h", "XDG_DATA_HOME": "/data"}, "/data/pandev-clickup"),
        ("linux", 7, {"HOME": "/h", "XDG_DATA_HOME": "rel"}, "/h/.local/share/pandev-clickup"),
        ("darwin", 7, {"HOME": "/h"}, "/h/Library/Application Support/pandev-clickup"),
    ],
)
def test_the_default_folder(
    monkeypatch: pytest.MonkeyPatch,
    platform: str,
    uid: int,
    environ: dict[str, str],
    expected: str,
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(os, "geteuid", lambda: uid)
    assert default_data_dir("pandev-clickup", environ) == Path(expected)


def test_other_systems_require_store_dir(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(EmbeddedError, match="set store_url"):
        default_data_dir("pandev-clickup", {})
    with pytest.raises(EmbeddedError, match="set store_url"):
        EmbeddedServer(Path("store"))
