"""The users that PostgreSQL runs as, which must not be root.

For an ordinary user that is the user itself. For root it is a user id that no user has, so no other
process can read the store, signal the server or open its shared memory. Only `initdb` insists on a
user with a name: it runs as `INITDB_USER`, below a folder that only its own group id may enter.
"""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from target_pandev.embedded.errors import EmbeddedError

if sys.platform != "win32":
    import grp
    import pwd

ROOT = 0
INITDB_USER = "nobody"
IDS = range(59_000, 60_000)
"""Ids for a server of root: no distribution or systemd assigns them until tens of thousands of
users exist."""


@dataclass(frozen=True)
class Account:
    """The user that a program runs as, when that is not the user who starts it."""

    uid: int
    gid: int


def server_account(data: Path) -> Account | None:
    """Return the account of the server of a data directory, which may not exist yet.

    None for an ordinary user. A data directory that belongs to a user without name keeps it.
    """
    if os.geteuid() != ROOT:
        return None
    if data.exists():
        owner = data.stat()
        if not _user_exists(owner.st_uid):
            return Account(owner.st_uid, owner.st_gid)
    free = next(id_ for id_ in IDS if not _user_exists(id_) and not _group_exists(id_))
    return Account(free, free)


def initdb_account(account: Account | None) -> Account | None:
    """Return the account that creates the data directory of a server's account."""
    if account is None:
        return None
    try:
        return Account(pwd.getpwnam(INITDB_USER).pw_uid, account.gid)
    except KeyError as error:
        raise EmbeddedError(
            f"PostgreSQL does not run as root, and there is no user {INITDB_USER} to create the "
            "store: run as an ordinary user, or set store_url"
        ) from error


def give(folder: Path, account: Account | None) -> None:
    """Make an account the owner of a folder, which comes last, and of all that is in it."""
    if account is None:
        return
    for path in (*_contents(folder), folder):
        os.chown(path, account.uid, account.gid, follow_symlinks=False)


def _contents(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder, topdown=False):
        yield from (Path(parent, name) for name in (*files, *folders))


def _user_exists(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _group_exists(gid: int) -> bool:
    try:
        grp.getgrgid(gid)
    except KeyError:
        return False
    return True
