"""Build git repositories to read; commits are written byte by byte, so any content is possible."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pygit2
from pygit2.enums import ObjectType

if TYPE_CHECKING:
    from pathlib import Path

USER1 = b"User One <user1@example.com>"
DAY_S = 86_400
START_S = 1_714_550_400  # 2024-05-01T08:00:00Z
FAR_S = b"999999999999999"  # after the year 9999


class RepositoryBuilder:
    """A repository at `path` with branch main checked out, and a remote `origin` if it is given.

    Each commit is a day later than the one before.
    """

    def __init__(self, path: Path, *, origin: str | None = None, bare: bool = False) -> None:
        self.path = str(path)
        self.git = pygit2.init_repository(self.path, bare=bare, initial_head="main")
        if origin:
            self.git.remotes.create("origin", origin)
        self.next_s = START_S

    def commit(
        self,
        message: bytes,
        *parents: str,
        author: bytes | None = None,
        committer: bytes | None = None,
        header: bytes = b"",
    ) -> str:
        """Write a commit and return its sha, without moving a branch."""
        stamp = USER1 + b" %d +0000" % self.next_s
        self.next_s += DAY_S
        lines = [
            b"tree %s" % str(self.tree()).encode(),
            *(b"parent %s" % parent.encode() for parent in parents),
            b"author " + (author or stamp),
            b"committer " + (committer or stamp),
        ]
        raw = b"\n".join([*lines, *filter(None, [header]), b"", message])
        return str(self.git.write(ObjectType.COMMIT, raw))

    def tree(self) -> pygit2.Oid:
        """Write a tree of one file, whose name and content must not be in any record."""
        builder = self.git.TreeBuilder()
        content = self.git.create_blob(b"planted-content")
        builder.insert("planted-file-name.py", content, pygit2.enums.FileMode.BLOB)
        return builder.write()

    def history(self, *messages: bytes, onto: str | None = None) -> list[str]:
        """Write commits on top of each other and return their shas."""
        shas = [onto] if onto else []
        for message in messages:
            shas.append(self.commit(message, *shas[-1:]))
        return shas[1:] if onto else shas

    def set_reference(self, reference: str, target: str) -> None:
        """Point a branch or any other reference to a sha or to another reference."""
        self.git.references.create(reference, target, force=True)
