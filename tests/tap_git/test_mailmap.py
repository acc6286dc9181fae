"""The entries of `.mailmap` are those that git uses."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pygit2
import pytest
from pygit2.enums import FileMode

from tap_git.mailmap import MAX_BYTES, parse_mailmap, read_mailmap
from tests.tap_git.repository_builder import RepositoryBuilder

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tap_git.runner import Read

MAILMAP = """\
# Who is who
User One <USER1@old.example>
<user1@example.com> <User1@Old.Example>
User One <user1@example.com> <1+userone@users.noreply.github.com>
  User Two <user2@example.com> Build Server <ci@example.com>
User Three <user3@example.com>   build SERVER 2 <ci@example.com>
CI <ci@example.com>  # behind the address
a line without an address
<user5@example.com>
User Six <user6@example.com> Six <six@example.com> Twice <twice@example.com>
User Seven <user7@example.com> <six@example.com>
User Eight <user8@example.com> Eight <eight@example.com>
<user9@example.com> Eight <eight@example.com>
"""
AUTHORS = [
    ("One", "user1@old.example"),
    ("One", "User1@OLD.example"),
    ("one", "1+userone@users.noreply.github.com"),
    ("Build Server", "ci@example.com"),
    ("build server 2", "CI@example.com"),
    ("Another Server", "ci@example.com"),
    ("Five", "user5@example.com"),
    ("Six", "six@example.com"),
    ("Not Six", "six@example.com"),
    ("Twice", "twice@example.com"),
    ("Eight", "eight@example.com"),
    ("Unknown", "unknown@example.com"),
]


def resolve(entries: list[dict[str, Any]], name: str, email: str) -> tuple[str, str]:
    """Return name and address as the view commit_authors does."""
    by_key = {(entry["email"], entry["name"]): entry for entry in entries}
    for key in ((email.lower(), name.lower()), (email.lower(), None)):
        if entry := by_key.get(key):
            return entry["new_name"] or name, entry["new_email"] or email
    return name, email


def test_entries_resolve_authors_as_git_does(tmp_path: Path) -> None:
    """libgit2 would not do: it compares letters exactly."""
    file = tmp_path / "mailmap"
    file.write_text(MAILMAP, encoding="utf-8")
    repository = RepositoryBuilder(tmp_path / "shop")
    contacts = [f"{name} <{email}>" for name, email in AUTHORS]
    command = ["git", "-C", repository.path, "-c", f"mailmap.file={file}", "check-mailmap"]
    shown = subprocess.run([*command, *contacts], capture_output=True, text=True, check=True)
    entries = parse_mailmap(MAILMAP)
    resolved = [resolve(entries, *author) for author in AUTHORS]
    assert [f"{name} <{email}>" for name, email in resolved] == shown.stdout.splitlines()
    assert resolved[1] == ("User One", "user1@example.com")
    assert resolved[5] == ("CI", "ci@example.com")
    assert len({*resolved} - {*AUTHORS}) > 5


def test_an_empty_address_is_read_as_git_does() -> None:
    """As the recorded address it counts; as the only one it does not."""
    text = "User Four <user4@example.com> Nick Four <>\nUnknown <>"
    (entry,) = parse_mailmap(text)
    assert entry["new_email"] == "user4@example.com"
    assert (entry["email"], entry["name"]) == ("", "nick four")


def with_file(repository: RepositoryBuilder, data: bytes, mode: FileMode = FileMode.BLOB) -> str:
    """Write a commit whose tree has the file, and return its sha."""
    builder = repository.git.TreeBuilder()
    builder.insert(".mailmap", repository.git.create_blob(data), mode)
    tree = builder.write()
    signature = pygit2.Signature("User One", "user1@example.com", 1, 0)
    return str(repository.git.create_commit(None, signature, signature, "x", tree, []))


@pytest.mark.parametrize("bare", [True, False])
def test_a_repository_has_the_entries_of_its_default_branch(
    tmp_path: Path, read: Read, *, bare: bool
) -> None:
    """A change is read even without new commits in the branches of an earlier run."""
    repository = RepositoryBuilder(tmp_path / "shop", bare=bare)
    repository.set_reference("refs/heads/other", with_file(repository, b"Other <a@b.example>"))
    repository.set_reference("refs/heads/main", repository.commit(b"root"))
    assert [row["mailmap"] for row in read(repository).rows("repositories")] == [[]]
    text = b"User One <user1@example.com> Einz\xff <OLD@example.com>"
    repository.set_reference("refs/heads/main", with_file(repository, text))
    (row,) = read(repository).rows("repositories")
    assert row["mailmap"] == [
        {
            "email": "old@example.com",
            "name": "einz\ufffd",
            "new_email": "user1@example.com",
            "new_name": "User One",
        }
    ]


def test_a_missing_or_odd_file_is_an_empty_one(tmp_path: Path) -> None:
    """A symbolic link is not followed, as in git; a partial clone may lack the file."""
    repository = RepositoryBuilder(tmp_path / "shop")
    link = with_file(repository, b"/etc/passwd", FileMode.LINK)
    long = with_file(repository, b"A <a@b.example>\n" + b"#" * 2 * MAX_BYTES)
    builder = repository.git.TreeBuilder()
    builder.insert(".mailmap", repository.tree(), FileMode.TREE)
    signature = pygit2.Signature("User One", "user1@example.com", 1, 0)
    folder = repository.git.create_commit(None, signature, signature, "x", builder.write(), [])
    gone = with_file(repository, b"Gone <gone@example.com>")
    blob = str(pygit2.hash(b"Gone <gone@example.com>"))
    (tmp_path / "shop" / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    fresh = pygit2.Repository(repository.path)
    texts = [read_mailmap(fresh, sha) for sha in (None, link, str(folder), gone, "0" * 40)]
    assert texts == [""] * 5
    assert len(read_mailmap(fresh, long)) == MAX_BYTES
