"""tap-git reads real repositories; where signals and exit codes count, in its own process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pygit2
import pytest
from pygit2.enums import ConfigLevel
from singer_sdk.testing import get_tap_test_class

from target_pandev.sources.git import TapGit
from target_pandev.sources.git.address import from_url
from target_pandev.sources.git.repository import local_time, text
from target_pandev.sources.git.tap import SettingError, paths
from tests.target.repository import USER1, Work

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Message = dict[str, Any]
    Read = Callable[..., "Run"]

COMMAND = Path(sys.executable).with_name("tap-git")
ORIGIN = "git@Git.Example.com:shop/backend/orders.git"
ORDERS = "git.example.com/shop/backend/orders"
FAR_S = b"999999999999999"


class Run:
    """What one run wrote."""

    def __init__(self, stdout: str) -> None:
        self.messages: list[Message] = [json.loads(line) for line in stdout.splitlines()]

    def rows(self, stream: str) -> list[Message]:
        return [
            m["record"] for m in self.messages if m["type"] == "RECORD" and m["stream"] == stream
        ]

    def column(self, stream: str, name: str) -> list[Any]:
        return [row[name] for row in self.rows(stream)]

    @property
    def state(self) -> Message:
        states = [m["value"] for m in self.messages if m["type"] == "STATE"]
        return states[-1] if states else {}

    @property
    def heads(self) -> dict[str, list[str]]:
        heads: dict[str, list[str]] = self.state["bookmarks"]["commits"]["heads"]
        return heads


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(tmp_path: Path) -> Iterator[None]:
    levels = (ConfigLevel.GLOBAL, ConfigLevel.XDG, ConfigLevel.SYSTEM)
    before = {level: pygit2.settings.search_path[level] for level in levels}
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for level in levels:
        pygit2.settings.search_path[level] = str(tmp_path)
    yield
    for level, path in before.items():
        pygit2.settings.search_path[level] = path
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture
def read(capsys: pytest.CaptureFixture[str]) -> Read:
    """Return a function that runs the tap over repositories in this process."""

    def run(*works: Work, state: Message | None = None, **options: Any) -> Run:
        catalog = options.pop("catalog", None)
        config = {"repositories": [work.path for work in works], **options}
        capsys.readouterr()
        tap = TapGit(config=config, state=state, catalog=catalog)
        with tap.ending():
            tap.sync_all()
        return Run(capsys.readouterr().out)

    return run


@pytest.fixture
def orders(tmp_path: Path) -> Work:
    """Two commits on main, and origin to name the repository."""
    work = Work(tmp_path / "checkout", origin=ORIGIN)
    work.point("refs/heads/main", work.history(b"first", b"second")[-1])
    return work


def start(*works: Work, state: Path | None = None, **pipes: Any) -> subprocess.Popen[str]:
    config = Path(works[0].path).with_name("config.json")
    config.write_text(json.dumps({"repositories": [work.path for work in works]}))
    options = [f"--config={config}", *([f"--state={state}"] if state else [])]
    return subprocess.Popen([COMMAND, *options], text=True, stdout=subprocess.PIPE, **pipes)


def command(*options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *options], text=True, capture_output=True, check=False, env=environment
    )


# --- records


def test_every_column_comes_from_its_own_place(tmp_path: Path, read: Read) -> None:
    work = Work(tmp_path / "folder", origin="https://user7:key@git.example.com:8443/shop/api.git/")
    root = work.commit(b"root")
    other = work.commit(b"other")
    merge = work.commit(
        b"CU-86a1 merge\n\nwith a body\n",
        other,
        root,
        author=b"User One <user1@example.com> 1714557600 +0200",
        committer=b"User Two <user2@example.com> 1714561261 -0330",
    )
    work.point("refs/heads/main", merge)
    work.point("refs/heads/feature/CU-86a1-x", root)
    run = read(work)
    assert run.rows("repositories") == [
        {
            "id": "git.example.com/shop/api",
            "host": "git.example.com",
            "path": "shop/api",
            "name": "api",
            "default_branch": "main",
        }
    ]
    assert run.rows("branches") == [
        {
            "repository_id": "git.example.com/shop/api",
            "name": "feature/CU-86a1-x",
            "head_sha": root,
            "is_default": False,
        },
        {
            "repository_id": "git.example.com/shop/api",
            "name": "main",
            "head_sha": merge,
            "is_default": True,
        },
    ]
    assert run.rows("commits")[-1] == {
        "repository_id": "git.example.com/shop/api",
        "sha": merge,
        "author_name": "User One",
        "author_email": "user1@example.com",
        "authored_at": "2024-05-01T12:00:00+02:00",
        "committer_name": "User Two",
        "committer_email": "user2@example.com",
        "committed_at": "2024-05-01T07:31:01-03:30",
        "message": "CU-86a1 merge\n\nwith a body",
        "parents": [other, root],
    }


def test_repositories_come_before_branches_and_these_before_commits(
    orders: Work, read: Read
) -> None:
    schemas = [m["stream"] for m in read(orders).messages if m["type"] == "SCHEMA"]
    assert schemas == ["repositories", "branches", "commits"]


def test_parents_come_before_their_children(tmp_path: Path, read: Read) -> None:
    work = Work(tmp_path / "graph")
    root, left = work.history(b"root", b"left")
    right = work.commit(b"right", root, committer=USER1 + b" 1 +0000")  # dated before its parent
    work.point("refs/heads/main", work.commit(b"merge", left, right))
    seen: set[str] = set()
    for row in read(work).rows("commits"):
        assert seen.issuperset(row["parents"])
        seen.add(row["sha"])
    assert len(seen) == 4


def test_every_record_carries_the_moment_its_repository_was_opened(
    orders: Work, read: Read
) -> None:
    times = {m["time_extracted"] for m in read(orders).messages if m["type"] == "RECORD"}
    assert len(times) == 1


def test_keys_are_never_null_and_never_twice(tmp_path: Path, orders: Work, read: Read) -> None:
    other = Work(tmp_path / "other")
    shared = other.history(b"first", b"second", b"third")
    other.point("refs/heads/main", shared[1])
    other.point("refs/heads/copy", shared[1])
    other.point("refs/remotes/origin/main", shared[2])
    run = read(orders, other)
    for stream in ("repositories", "branches", "commits"):
        schema = next(m for m in run.messages if m["type"] == "SCHEMA" and m["stream"] == stream)
        keys = [tuple(row[key] for key in schema["key_properties"]) for row in run.rows(stream)]
        assert None not in sum(keys, ())
        assert len(keys) == len(set(keys)) > 0


@pytest.mark.parametrize(
    ("raw", "encoding", "expected"),
    [
        (b"J\xf6rg", "ISO-8859-1", "Jörg"),
        (b"J\xc3\xb6rg", None, "Jörg"),
        (b"J\xf6rg", None, "J\ufffdrg"),
        (b"J\xc3\xb6rg", "no such encoding", "Jörg"),
        (b"J\xc3\xb6rg", "hex", "Jörg"),
        (b"a\0b", None, "ab"),
        (b"\\ud800", "unicode_escape", "?"),
    ],
)
def test_text_is_what_json_and_postgresql_take(
    raw: bytes, encoding: str | None, expected: str
) -> None:
    assert text(raw, encoding) == expected


def test_the_encoding_header_of_a_commit_holds_for_all_its_text(tmp_path: Path, read: Read) -> None:
    work = Work(tmp_path / "latin")
    who = b"J\xf6rg <user1@example.com> 1714557600 +0200"
    latin = work.commit(b"gr\xfcn", author=who, header=b"encoding ISO-8859-1")
    work.point("refs/heads/main", work.commit(b"gr\xfcn", latin, header=b"encoding \xff"))
    rows = read(work).rows("commits")
    assert [(row["author_name"], row["message"]) for row in rows] == [
        ("Jörg", "grün"),
        ("User One", "gr\ufffdn"),
    ]


@pytest.mark.parametrize(
    ("epoch_s", "offset_min", "expected"),
    [
        (1714557600, 120, "2024-05-01T12:00:00+02:00"),
        (1714557600, 0, "2024-05-01T10:00:00+00:00"),
        (-5, 0, "1969-12-31T23:59:55+00:00"),
        (int(FAR_S), 0, None),
        (1714557600, 1_000_000, None),
    ],
)
def test_a_time_keeps_its_offset_or_is_null(
    epoch_s: int, offset_min: int, expected: str | None
) -> None:
    assert local_time(epoch_s, offset_min=offset_min) == expected


def test_times_beyond_the_calendar_are_null_and_told_once(
    tmp_path: Path, read: Read, caplog: pytest.LogCaptureFixture
) -> None:
    work = Work(tmp_path / "far")
    first = work.commit(b"a", author=USER1 + b" " + FAR_S + b" +0000")
    second = work.commit(b"b", first, committer=USER1 + b" " + FAR_S + b" +9999")
    work.point("refs/heads/main", second)
    rows = read(work).rows("commits")
    assert [(row["authored_at"], row["committed_at"]) for row in rows] == [
        (None, "2024-05-01T08:00:00+00:00"),
        ("2024-05-02T08:00:00+00:00", None),
    ]
    assert sum("beyond any calendar" in line for line in caplog.messages) == 1


# --- addresses


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("git@host.example:group/repo.git", "host.example/group/repo"),
        ("host.example:group/sub/repo", "host.example/group/sub/repo"),
        ("user:secret@host.example:group/repo", "host.example/group/repo"),
        ("git@host.example:/group/repo.git/", "host.example/group/repo"),
        ("git@[2001:db8::1]:group/repo", "2001:db8::1/group/repo"),
        ("ssh://git@HOST.example:2222/Group/Repo.git", "host.example/Group/Repo"),
        (
            "https://user:secret@host.example:8443/group//repo.git?t=secret#x",
            "host.example/group/repo",
        ),
        ("https://host.example/repo", "host.example/repo"),
        ("git+ssh://git@host.example/~user/repo.git", "host.example/~user/repo"),
        ("https://user:sec/ret@host.example/group/repo", None),
        ("https://token/x@host.example/group/repo", None),
        ("https://[bad/group/repo", None),
        ("https://host.example/", None),
        ("https://host.example/.git", None),
        ("file:///srv/git/repo.git", None),
        ("/srv/git/repo.git", None),
        ("../repo.git", None),
        ("C:/git/repo", None),
        ("ext::ssh host repo", None),
    ],
)
def test_an_address_is_the_same_however_it_is_written(url: str, expected: str | None) -> None:
    address = from_url(url)
    assert (address.id if address else None) == expected


@pytest.mark.parametrize(
    ("folder", "configured", "bare"),
    [("shop", "", False), ("shop", ".git", False), ("shop.git", "", True)],
)
def test_a_repository_without_a_remote_is_named_for_its_folder(
    tmp_path: Path, read: Read, *, folder: str, configured: str, bare: bool
) -> None:
    work = Work(tmp_path / folder, bare=bare)
    work.path = str(tmp_path / folder / configured)
    assert read(work).rows("repositories") == [
        {
            "id": "local/shop",
            "host": "local",
            "path": "shop",
            "name": "shop",
            "default_branch": None,
        }
    ]


def test_a_linked_worktree_is_its_repository(tmp_path: Path, orders: Work, read: Read) -> None:
    orders.git.remotes.delete("origin")
    orders.git.add_worktree("linked", str(tmp_path / "linked"))
    orders.path = str(tmp_path / "linked")
    run = read(orders)
    assert run.column("repositories", "id") == ["local/checkout"]
    assert run.column("branches", "name") == ["linked", "main"]


# --- branches


def test_where_origin_and_local_differ_origin_wins_and_both_are_walked(
    orders: Work, read: Read
) -> None:
    shared, mine = (orders.commit(message) for message in (b"shared", b"mine"))
    orders.point("refs/remotes/origin/topic", shared)
    orders.point("refs/heads/topic", mine)
    run = read(orders)
    assert {row["name"]: row["head_sha"] for row in run.rows("branches")}["topic"] == shared
    assert {shared, mine} <= set(run.column("commits", "sha"))


def test_tags_other_remotes_and_broken_references_are_left_out(orders: Work, read: Read) -> None:
    loose = orders.commit(b"loose")
    for name in ("refs/tags/v1", "refs/remotes/fork/x", "refs/stash", "refs/heads/HEAD"):
        orders.point(name, loose if name != "refs/heads/HEAD" else str(orders.git.head.target))
    heads = Path(orders.git.path, "refs", "heads")
    (heads / "gone").write_text("1" * 40 + "\n")
    (heads / "dangling").write_text("ref: refs/heads/nowhere\n")
    run = read(orders)
    assert run.column("branches", "name") == ["main"]
    assert run.column("commits", "message") == ["first", "second"]


def test_branches_whose_names_are_no_text_stay_apart(orders: Work, read: Read) -> None:
    heads = os.fsencode(Path(orders.git.path, "refs", "heads"))
    for name in (b"\xf6", b"\xfc"):
        Path(os.fsdecode(heads + b"/" + name)).write_text(f"{orders.git.head.target}\n")
    assert read(orders).column("branches", "name") == ["\\xf6", "\\xfc", "main"]


@pytest.mark.parametrize(
    ("head", "origin_head", "branches", "bare", "expected"),
    [
        ("topic", "develop", ["develop", "main", "topic"], False, "develop"),
        ("topic", "deleted", ["main", "master", "topic"], False, "main"),
        ("topic", None, ["master", "topic"], False, "master"),
        ("topic", None, ["other", "topic"], False, "topic"),
        ("topic", None, ["main", "topic"], True, "topic"),
        ("unborn", None, ["other"], False, None),
    ],
)
def test_the_default_branch_is_what_origin_checks_out_else_the_usual_ones(  # noqa: PLR0913 a table
    tmp_path: Path,
    read: Read,
    *,
    head: str,
    origin_head: str | None,
    branches: list[str],
    bare: bool,
    expected: str | None,
) -> None:
    work = Work(tmp_path / "work", bare=bare)
    sha = work.commit(b"one")
    for name in branches:
        work.point(f"refs/heads/{name}", sha)
    if origin_head:
        work.point(f"refs/remotes/origin/{origin_head}", sha)
        work.point("refs/remotes/origin/HEAD", f"refs/remotes/origin/{origin_head}")
        if origin_head == "deleted":
            work.git.references.delete("refs/remotes/origin/deleted")
    work.git.set_head(f"refs/heads/{head}")
    run = read(work)
    assert run.column("repositories", "default_branch") == [expected]
    assert [r["name"] for r in run.rows("branches") if r["is_default"]] == (
        [expected] if expected else []
    )


def test_a_detached_head_is_walked_but_is_no_branch(orders: Work, read: Read) -> None:
    orders.git.set_head(pygit2.Oid(hex=orders.commit(b"detached", str(orders.git.head.target))))
    run = read(orders)
    assert run.column("branches", "name") == ["main"]
    assert run.column("commits", "message") == ["first", "second", "detached"]


def test_a_repository_with_only_branches_of_origin_is_read(tmp_path: Path, read: Read) -> None:
    work = Work(tmp_path / "fetched", origin=ORIGIN)
    work.point("refs/remotes/origin/main", work.commit(b"fetched"))
    run = read(work)
    assert run.column("branches", "name") == ["main"]
    assert run.column("commits", "message") == ["fetched"]


# --- incremental


def test_a_second_run_brings_no_commit_and_the_same_other_rows(orders: Work, read: Read) -> None:
    first = read(orders)
    second = read(orders, state=first.state)
    assert second.rows("commits") == []
    assert second.rows("repositories") == first.rows("repositories")
    assert second.rows("branches") == first.rows("branches")
    assert second.state == first.state
    assert second.state["bookmarks"]["commits"] == {
        "heads": {ORDERS: [str(orders.git.head.target)]}
    }


def test_an_empty_repository_is_a_row_and_an_empty_set_of_heads(tmp_path: Path, read: Read) -> None:
    run = read(Work(tmp_path / "empty"))
    assert run.column("repositories", "id") == ["local/empty"]
    assert run.heads == {"local/empty": []}


def test_an_old_commit_that_is_pushed_late_is_not_lost(orders: Work, read: Read) -> None:
    first = read(orders)
    old = orders.commit(b"old", committer=USER1 + b" 1000000000 +0000")
    orders.point("refs/remotes/origin/late", old)
    assert read(orders, state=first.state).column("commits", "sha") == [old]


def test_a_force_push_brings_the_rewritten_commits_only(orders: Work, read: Read) -> None:
    first = read(orders)
    rewritten = orders.history(b"second, better", b"third", onto=first.rows("commits")[0]["sha"])
    orders.point("refs/heads/main", rewritten[-1])
    second = read(orders, state=first.state)
    assert second.column("commits", "sha") == rewritten
    assert second.heads == {ORDERS: rewritten[-1:]}


def test_remembered_heads_that_were_pruned_are_passed_over(orders: Work, read: Read) -> None:
    state = {"bookmarks": {"commits": {"heads": {ORDERS: ["f" * 40, "no sha"]}}}}
    assert read(orders, state=state).column("commits", "message") == ["first", "second"]


def test_a_remembered_head_that_lost_its_history_hides_nothing(orders: Work, read: Read) -> None:
    orphan = orders.commit(b"orphan", "e" * 40)  # its parent was pruned
    state = {"bookmarks": {"commits": {"heads": {ORDERS: [orphan]}}}}
    assert read(orders, state=state).column("commits", "message") == ["first", "second"]


def test_the_heads_of_a_repository_that_is_not_configured_now_are_kept(
    tmp_path: Path, orders: Work, read: Read
) -> None:
    first = read(orders)
    assert read(Work(tmp_path / "other"), state=first.state).heads == {
        **first.heads,
        "local/other": [],
    }


def test_commits_before_the_start_date_are_left_out_until_it_is_earlier(
    orders: Work, read: Read
) -> None:
    first = read(orders, start_date="2024-05-02T00:00:00Z")
    assert first.column("commits", "message") == ["second"]
    assert read(orders, state=first.state, start_date="2024-05-03").rows("commits") == []
    again = read(orders, state=first.state)
    assert again.column("commits", "message") == ["first", "second"]
    assert read(orders, state=again.state).rows("commits") == []


def test_a_catalog_that_asks_for_the_full_table_gets_every_commit(orders: Work, read: Read) -> None:
    first = read(orders)
    catalog = TapGit(config={"repositories": [orders.path]}).catalog_dict
    commits = next(entry for entry in catalog["streams"] if entry["stream"] == "commits")
    commits["replication_method"] = "FULL_TABLE"
    run = read(orders, state=first.state, catalog=catalog)
    assert run.column("commits", "message") == ["first", "second"]


def test_a_shallow_clone_names_true_parents_and_is_read_whole_each_time(
    orders: Work, read: Read
) -> None:
    first, second = read(orders).column("commits", "sha")
    Path(orders.git.path, "shallow").write_text(f"{second}\n")
    Path(orders.git.path, "objects", first[:2], first[2:]).unlink()
    run = read(orders)
    assert [(row["sha"], row["parents"]) for row in run.rows("commits")] == [(second, [first])]
    assert "heads" not in run.state["bookmarks"]["commits"]
    assert read(orders, state=run.state).rows("commits") == run.rows("commits")


# --- a run that is cut


@pytest.fixture
def long(tmp_path: Path) -> Work:
    """More commits than a pipe holds, so that a tap nobody reads from stands in the middle."""
    work = Work(tmp_path / "long")
    work.point("refs/heads/main", work.history(*(b"%d" % n + b"x" * 200 for n in range(1_000)))[-1])
    return work


def cut(tap: subprocess.Popen[str], number: int) -> Run:
    """Read until the second repository's commits come, send the signal, return what was written."""
    assert tap.stdout is not None
    lines = []
    for line in tap.stdout:
        lines.append(line)
        if '"local/long","sha"' in line:
            break
    tap.send_signal(number)
    written = "".join([*lines, *tap.stdout])
    return Run(written[: written.rfind("\n") + 1])  # a killed process may leave half a line


def test_a_killed_run_and_the_next_one_end_in_the_same_rows(
    orders: Work, long: Work, read: Read
) -> None:
    with start(orders, long) as tap:
        killed = cut(tap, signal.SIGKILL)
    assert tap.returncode == -signal.SIGKILL
    resumed = read(orders, long, state=killed.state)
    assert resumed.rows("commits") == read(orders, long).rows("commits")
    assert len(killed.rows("commits")) < len(resumed.rows("commits"))


def test_sigterm_exits_143_and_the_state_holds_what_was_read_to_its_end(
    orders: Work, long: Work, read: Read
) -> None:
    with start(orders, long) as tap:
        stopped = cut(tap, signal.SIGTERM)
    assert tap.returncode == 128 + signal.SIGTERM
    assert stopped.heads == {ORDERS: [str(orders.git.head.target)]}
    assert len(stopped.rows("commits")) < 1_002
    resumed = read(orders, long, state=stopped.state)
    assert set(resumed.column("commits", "repository_id")) == {"local/long"}
    assert len(resumed.rows("commits")) == 1_000


# --- errors


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (
            {"repositories": []},
            "repositories: none is configured; expected at least one local path",
        ),
        ({"repositories": "[1"}, "repositories: expected a JSON array of paths"),
        ({"repositories": ["{}/none"]}, "repositories: '{}/none' does not exist"),
        ({"repositories": ["{}"]}, "repositories: '{}' is not a git repository; expected"),
        (
            {"repositories": ["{}/a", "{}/a/.git"]},
            "are both local/a; expected each repository once",
        ),
        ({"repositories": ["{}/a"], "start_date": "soon"}, "start_date: expected a date such as"),
    ],
)
def test_bad_settings_are_one_clear_line(
    tmp_path: Path, config: dict[str, Any], expected: str
) -> None:
    Work(tmp_path / "a")
    filled = json.dumps(config).replace("{}", str(tmp_path))
    (tmp_path / "c.json").write_text(filled)
    done = command(f"--config={tmp_path / 'c.json'}")
    errors = [line for line in done.stderr.splitlines() if "| INFO " not in line]
    assert done.returncode == 1
    assert len(errors) == 1
    assert expected.replace("{}", str(tmp_path)) in errors[0]
    assert '"RECORD"' not in done.stdout


def test_one_unreadable_repository_is_named_and_the_others_are_read(
    tmp_path: Path,
    orders: Work,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    broken = Work(tmp_path / "broken")
    broken.point("refs/heads/main", broken.commit(b"x", "e" * 40))
    tap = TapGit(config={"repositories": [str(tmp_path / "none"), broken.path, orders.path]})
    with pytest.raises(SystemExit, match="1"), tap.ending():
        tap.sync_all()
    run = Run(capsys.readouterr().out)
    assert run.column("commits", "message") == ["first", "second"]
    assert list(run.heads) == [ORDERS]
    assert [record.message[:40] for record in caplog.records if record.levelname == "ERROR"] == [
        f"repositories: '{tmp_path / 'none'}' does not exist"[:40],
        "repositories: local/broken cannot be read: object not found"[:40],
    ]


def test_a_folder_inside_a_repository_is_not_taken_for_it(tmp_path: Path) -> None:
    inside = Path(Work(tmp_path / "outer").path, "inside")
    inside.mkdir()
    tap = TapGit(config={"repositories": [str(inside)]})
    assert tap.repositories == []
    assert "is not a git repository" in tap.failures[0]


def test_a_repository_of_another_user_tells_of_safe_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: str, *_: Any) -> None:
        # libgit2's own words, heard of a folder that belonged to somebody else
        raise pygit2.GitError(f"{path}: repository path '{path}' is not owned by current user")

    monkeypatch.setattr(pygit2, "Repository", refuse)
    tap = TapGit(config={"repositories": [str(tmp_path)]})
    assert tap.repositories == []
    assert "belongs to another user (dubious ownership)" in tap.failures[0]
    assert "git config --global --add safe.directory" in tap.failures[0]


# --- privacy


def test_no_output_holds_contents_file_names_paths_or_credentials(tmp_path: Path) -> None:
    work = Work(
        tmp_path / "planted-folder" / "checkout",
        origin="https://planted-user:planted-password@git.example.com/shop/api.git",
    )
    work.point("refs/heads/main", work.commit(b"one"))
    with start(work, stderr=subprocess.PIPE) as tap:
        stdout, stderr = tap.communicate()
    assert Run(stdout).column("commits", "message") == ["one"]
    for output in (stdout, stderr):
        assert "planted" not in output
        assert str(tmp_path) not in output


# --- settings and command line


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        (["/a", " /b "], ["/a", "/b"]),
        ('["/a", "/b,c"]', ["/a", "/b,c"]),
        ("/a, /b,", ["/a", "/b"]),
        ("/a", ["/a"]),
    ],
)
def test_repositories_may_be_a_list_or_the_text_of_one(
    setting: list[str] | str, expected: list[str]
) -> None:
    assert paths(setting) == expected


@pytest.mark.parametrize("setting", [None, [], "", " , ", "[]"])
def test_no_repository_at_all_is_an_error(setting: list[str] | str | None) -> None:
    with pytest.raises(SettingError, match="none is configured"):
        paths(setting)


def test_the_environment_configures_the_tap(tmp_path: Path, orders: Work) -> None:
    other = Work(tmp_path / "other")
    both = f"{orders.path},{other.path}"
    done = command("--config=ENV", TAP_GIT_REPOSITORIES=both, TAP_GIT_START_DATE="2024-05-02")
    assert Run(done.stdout).column("repositories", "id") == [ORDERS, "local/other"]
    assert Run(done.stdout).column("commits", "message") == ["second"]


def test_state_survives_its_way_through_a_file(tmp_path: Path, orders: Work, read: Read) -> None:
    first = read(orders)
    (tmp_path / "state.json").write_text(json.dumps(first.state))
    with start(orders, state=tmp_path / "state.json") as tap:
        stdout, _ = tap.communicate()
    assert Run(stdout).state == first.state
    assert Run(stdout).rows("commits") == []


def test_discovery_needs_no_repository() -> None:
    catalog = json.loads(command("--discover").stdout)
    assert [
        (entry["stream"], entry["key_properties"], entry["replication_method"])
        for entry in catalog["streams"]
    ] == [
        ("repositories", ["id"], "FULL_TABLE"),
        ("branches", ["repository_id", "name"], "FULL_TABLE"),
        ("commits", ["repository_id", "sha"], "LOG_BASED"),
    ]


def test_about_tells_only_what_is_true() -> None:
    about = json.loads(command("--about", "--format=json").stdout)
    assert about["capabilities"] == [
        "catalog",
        "state",
        "discover",
        "about",
        "stream-maps",
        "schema-flattening",
        "structured-logging",
    ]
    own = {"repositories", "start_date"}
    assert all(about["settings"]["properties"][name]["description"] for name in own)


def test_the_connection_test_reads_one_record_of_each_stream(tmp_path: Path, orders: Work) -> None:
    done = command("--config=ENV", "--test", TAP_GIT_REPOSITORIES=orders.path)
    assert done.returncode == 0
    assert "ERROR" not in done.stderr
    assert Run(done.stdout).column("commits", "message") == ["first"]
    failed = command("--config=ENV", "--test", TAP_GIT_REPOSITORIES=str(tmp_path / "none"))
    assert failed.returncode == 1


# --- the SDK's own suite, over a repository that holds every kind of value

SUITE: dict[str, Any] = {"repositories": []}


@pytest.fixture(scope="module", autouse=True)
def suite_repository(tmp_path_factory: pytest.TempPathFactory) -> None:
    work = Work(tmp_path_factory.mktemp("suite") / "suite", origin=ORIGIN)
    work.point("refs/heads/main", work.history(b"first", b"second")[-1])
    SUITE["repositories"] = [work.path]


TestSuite = get_tap_test_class(TapGit, config=SUITE, parse_env_config=False)
