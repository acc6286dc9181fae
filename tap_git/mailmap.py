"""Read `.mailmap`: the names and addresses that a repository wants shown instead of recorded ones.

libgit2 resolves one author at a time, and compares letters exactly, unlike git. The whole file is
needed, because a change of it also corrects commits of earlier runs, so it is parsed as git does.
https://git-scm.com/docs/gitmailmap
"""

from __future__ import annotations

import re
from typing import Any, Final

import pygit2
from pygit2.enums import FileMode

FILE_NAME: Final = ".mailmap"
MAX_BYTES: Final = 1 << 20
ENTRY = re.compile(r"([^<]*)<([^>]+)>(?:([^<]*)<([^>]*)>)?")
"""Proper name and address, then, if they are given, recorded name and address."""


def read_mailmap(git: pygit2.Repository, head_sha: str | None) -> str:
    """Return the text of the file in a commit; empty if there is none, as in a partial clone."""
    if head_sha is None:
        return ""
    try:
        blob = git[head_sha].peel(pygit2.Tree)[FILE_NAME]
        if blob.filemode == FileMode.LINK or not isinstance(blob, pygit2.Blob):
            return ""
        return blob.data[:MAX_BYTES].decode("utf-8", "replace")
    except (KeyError, pygit2.GitError):
        return ""


def parse_mailmap(text: str) -> list[dict[str, Any]]:
    """Return an entry for each recorded address, or name and address, in lower case.

    As in git, a later line takes precedence; what it does not give, stays, unless it has a recorded
    name.
    """
    entries: dict[tuple[str, str], dict[str, Any]] = {}
    for line in text.replace("\0", "").splitlines():
        match = None if line.startswith("#") else ENTRY.match(line)
        if not match:
            continue
        new_name, first, name, second = (group and group.strip() for group in match.groups())
        new_email, email = (None, first) if second is None else (first, second)
        key = (str(email).lower(), (name or "").lower())
        before = entries.get(key, {}) if not name else {}
        entries[key] = {
            "email": key[0],
            "name": key[1] or None,
            "new_email": new_email or before.get("new_email"),
            "new_name": new_name or before.get("new_name"),
        }
    return [entries[key] for key in sorted(entries)]
