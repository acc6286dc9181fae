"""Records of tap-git: every column, their order, and unusual texts and timestamps."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tap_git.repository import decode_text, format_local_time
from tap_git.tap import TapGit
from tests.tap_git.repository_builder import FAR_S, USER1, RepositoryBuilder
from tests.tap_git.runner import ORDERS, GitRun

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tap_git.runner import Read


def test_every_column_has_its_own_source(tmp_path: Path, read: Read) -> None:
    repository = RepositoryBuilder(
        tmp_path / "folder", origin="https://user7:key@git.example.com:8443/shop/api.git/"
    )
    root = repository.commit(b"root")
    other = repository.commit(b"other")
    merge = repository.commit(
        b"CU-86a1 merge\n\nwith a body\n",
        other,
        root,
        author=b"User One <user1@example.com> 1714557600 +0200",
        committer=b"User Two <user2@example.com> 1714561261 -0330",
    )
    repository.set_reference("refs/heads/main", merge)
    repository.set_reference("refs/heads/feature/CU-86a1-x", root)
    run = read(repository)
    assert run.rows("repositories") == [
        {
            "id": "git.example.com/shop/api",
            "host": "git.example.com",
            "path": "shop/api",
            "name": "api",
            "default_branch": "main",
            "mailmap": [],
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


def test_streams_are_read_in_the_order_of_their_references(
    orders: RepositoryBuilder, read: Read
) -> None:
    schemas = [
        message["stream"] for message in read(orders).messages if message["type"] == "SCHEMA"
    ]
    assert schemas == ["repositories", "completed_reads", "branches", "commits"]


def test_parents_come_before_their_children(tmp_path: Path, read: Read) -> None:
    repository = RepositoryBuilder(tmp_path / "graph")
    root, left = repository.history(b"root", b"left")
    before_its_parent = USER1 + b" 1 +0000"
    right = repository.commit(b"right", root, committer=before_its_parent)
    repository.set_reference("refs/heads/main", repository.commit(b"merge", left, right))
    rows = read(repository).rows("commits")
    assert sorted(row["message"] for row in rows) == ["left", "merge", "right", "root"]
    seen: set[str] = set()
    for row in rows:
        assert seen.issuperset(row["parents"])
        seen.add(row["sha"])


def test_time_extracted_is_when_the_repository_was_opened(
    tmp_path: Path, orders: RepositoryBuilder, capsys: pytest.CaptureFixture[str]
) -> None:
    other = RepositoryBuilder(tmp_path / "other")
    other.set_reference("refs/heads/main", other.commit(b"third"))
    tap = TapGit(config={"repositories": [orders.path, other.path]})
    before = datetime.now(UTC)
    opened = {
        repository.address.id: repository.opened_at for repository in tap.sync_context.repositories
    }
    assert before <= opened[ORDERS] < opened["local/other"] <= datetime.now(UTC)
    tap.sync_all()
    records = [
        message
        for message in GitRun(capsys.readouterr().out).messages
        if message["type"] == "RECORD" and message["stream"] != "completed_reads"
    ]
    assert [
        (message["stream"], datetime.fromisoformat(message["time_extracted"]))
        for message in records
    ] == [
        ("repositories", opened[ORDERS]),
        ("repositories", opened["local/other"]),
        ("branches", opened[ORDERS]),
        ("branches", opened["local/other"]),
        ("commits", opened[ORDERS]),
        ("commits", opened[ORDERS]),
        ("commits", opened["local/other"]),
    ]


def test_keys_are_unique_and_not_null(
    tmp_path: Path, orders: RepositoryBuilder, read: Read
) -> None:
    other = RepositoryBuilder(tmp_path / "other")
    shared = other.history(b"first", b"second", b"third")
    other.set_reference("refs/heads/main", shared[1])
    other.set_reference("refs/heads/copy", shared[1])
    other.set_reference("refs/remotes/origin/main", shared[2])
    run = read(orders, other)
    for stream in ("repositories", "completed_reads", "branches", "commits"):
        schema = next(
            message
            for message in run.messages
            if message["type"] == "SCHEMA" and message["stream"] == stream
        )
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
def test_text_is_valid_for_json_and_postgresql(
    raw: bytes, encoding: str | None, expected: str
) -> None:
    assert decode_text(raw, encoding) == expected


def test_the_encoding_header_applies_to_all_text_of_a_commit(tmp_path: Path, read: Read) -> None:
    repository = RepositoryBuilder(tmp_path / "latin")
    who = b"J\xf6rg <user1@example.com> 1714557600 +0200"
    latin = repository.commit(b"gr\xfcn", author=who, header=b"encoding ISO-8859-1")
    repository.set_reference(
        "refs/heads/main", repository.commit(b"gr\xfcn", latin, header=b"encoding \xff")
    )
    rows = read(repository).rows("commits")
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
    assert format_local_time(epoch_s, offset_min=offset_min) == expected


def test_invalid_timestamps_are_null_and_logged_once(
    tmp_path: Path, read: Read, caplog: pytest.LogCaptureFixture
) -> None:
    repository = RepositoryBuilder(tmp_path / "far")
    first = repository.commit(b"a", author=USER1 + b" " + FAR_S + b" +0000")
    second = repository.commit(b"b", first, committer=USER1 + b" " + FAR_S + b" +9999")
    repository.set_reference("refs/heads/main", second)
    rows = read(repository).rows("commits")
    assert [(row["authored_at"], row["committed_at"]) for row in rows] == [
        (None, "2024-05-01T08:00:00+00:00"),
        ("2024-05-02T08:00:00+00:00", None),
    ]
    (warning,) = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert warning == (
        f"local/far: commit {first} has an invalid timestamp, stored as null "
        "(further ones are not logged)"
    )
