"""Read a git repository by libgit2: its address, its branches, its commits.

Metadata only: no tree and no blob is ever opened. It knows nothing of Singer and keeps no state.
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pygit2
from pygit2.enums import ReferenceType, RepositoryOpenFlag, SortMode

from tap_git.address import Address, from_url

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LOCAL = "refs/heads/"
SHARED = "refs/remotes/origin/"
USUAL_DEFAULTS = ("main", "master")
# parents before their children; the same order for the same commits
ORDER = SortMode.TOPOLOGICAL | SortMode.TIME | SortMode.REVERSE

UNREADABLE = (pygit2.GitError, OSError, UnicodeError)


class RepositoryError(Exception):
    """A repository that cannot be read; the text names it and says what to do."""


@dataclass(frozen=True)
class Repository:
    """What a repository held at one moment."""

    folder: str
    address: Address
    opened_at: datetime
    branches: dict[str, str]
    default_branch: str | None
    heads: tuple[str, ...]
    shallow: bool


def keep_memory_flat() -> None:
    """Let libgit2 keep no object that was read, in this whole process: each is read once."""
    pygit2.settings.enable_caching(False)  # noqa: FBT003 the name is the library's


def read(path: str) -> Repository:
    """Return the repository at `path`: a working tree, a bare repository or a `.git` folder."""
    opened_at = datetime.now(UTC)
    with _named(f"'{path}'"):
        git = _open(path)
        references = _references(git)
        branches = _branches(references)
        return Repository(
            folder=git.path,
            address=_address(git),
            opened_at=opened_at,
            branches=branches,
            default_branch=_default_branch(git, branches),
            heads=_heads(git, references),
            shallow=git.is_shallow,
        )


def commits(repository: Repository, *, known: frozenset[str]) -> Iterator[pygit2.Commit]:
    """Yield what the heads of `repository` reach and `known` heads do not, parents first."""
    with _named(repository.address.id):
        git = _open(repository.folder)
        heads = [sha for sha in repository.heads if sha not in known]
        hidden = [sha for sha in sorted(known) if sha in git]
        try:
            walker = _walk(git, heads, hidden)
            first = next(walker, None)
        except pygit2.GitError:
            if not hidden:
                raise
            # a remembered head may outlive its own history (pruned): then read all of it again
            walker = _walk(git, heads, [])
            first = next(walker, None)
        if first is not None:
            yield first
            yield from walker


def commit_record(commit: pygit2.Commit, *, shallow: bool) -> dict[str, Any]:
    """Return the columns of a commit, but for its repository's id."""
    encoding = _encoding(commit)
    return {
        "sha": str(commit.id),
        "author_name": text(commit.author.raw_name, encoding),
        "author_email": text(commit.author.raw_email, encoding),
        "authored_at": local_time(commit.author.time, offset_min=commit.author.offset),
        "committer_name": text(commit.committer.raw_name, encoding),
        "committer_email": text(commit.committer.raw_email, encoding),
        "committed_at": local_time(commit.committer.time, offset_min=commit.committer.offset),
        "message": text(commit.raw_message, encoding).rstrip("\n"),
        "parents": _true_parents(commit) if shallow else [str(oid) for oid in commit.parent_ids],
    }


def text(raw: bytes, encoding: str | None = None) -> str:
    """Return `raw` as text that any JSON reader and PostgreSQL take: no surrogate, no U+0000."""
    try:
        decoded = raw.decode(encoding or "utf-8", "replace")
    except (LookupError, ValueError):  # an encoding that Python does not know, or no text encoding
        decoded = raw.decode("utf-8", "replace")
    return decoded.replace("\0", "").encode("utf-8", "replace").decode()


def local_time(epoch_s: int, *, offset_min: int) -> str | None:
    """Return ISO 8601 with the writer's own offset, or None for a time that no calendar holds."""
    try:
        instant = EPOCH + timedelta(seconds=epoch_s)
        return instant.astimezone(timezone(timedelta(minutes=offset_min))).isoformat()
    except (OverflowError, ValueError):
        return None


def _open(path: str) -> pygit2.Repository:
    folder = Path(path).expanduser()
    if not folder.exists():
        raise RepositoryError("does not exist")
    # libgit2 would go up to the parents, and read a repository that nobody configured
    return pygit2.Repository(str(folder), RepositoryOpenFlag.NO_SEARCH)


@contextmanager
def _named(what: str) -> Iterator[None]:
    try:
        yield
    except RepositoryError as error:
        raise RepositoryError(f"repositories: {what} {error}") from error
    except UNREADABLE as error:
        raise RepositoryError(f"repositories: {what} {_explained(error)}") from error


def _explained(error: Exception) -> str:
    reason = str(error).strip("'")  # as a KeyError, it comes in quotes
    if "not owned by current user" in reason:
        return (
            "belongs to another user (dubious ownership); if you trust it, run "
            "`git config --global --add safe.directory <its path>`"
        )
    if "Repository not found" in reason:
        return (
            "is not a git repository; expected a working tree, a bare repository or a .git folder"
        )
    return f"cannot be read: {reason}"


def _address(git: pygit2.Repository) -> Address:
    try:
        url = git.remotes["origin"].url
    except KeyError:
        url = None
    return (from_url(text(os.fsencode(url))) if url else None) or Address(
        "local", _folder_name(git)
    )


def _folder_name(git: pygit2.Repository) -> str:
    folder = Path(git.workdir or git.path)
    common = Path(git.path, "commondir")  # stands in a linked worktree, and names its repository
    if common.is_file():
        folder = Path(git.path, common.read_text().strip()).resolve()
    if folder.name == ".git":
        folder = folder.parent
    return text(os.fsencode(folder.name)).removesuffix(".git")


def _references(git: pygit2.Repository) -> dict[str, str]:
    """Return name → sha of the commit for local branches and those of origin; broken ones not."""
    references = {}
    for reference in git.listall_reference_objects():
        name = _reference_name(reference.raw_name)
        if not name.startswith((LOCAL, SHARED)) or name == f"{SHARED}HEAD":
            continue
        try:
            references[name] = str(reference.peel(pygit2.Commit).id)
        except pygit2.GitError:  # it points to nothing, as git itself shows it
            continue
    return references


def _reference_name(raw: bytes) -> str:
    """Return a name of which git allows any bytes: escaped, not replaced, as two must stay two."""
    return raw.decode("utf-8", "backslashreplace")


def _branches(references: dict[str, str]) -> dict[str, str]:
    """Return branch → sha, sorted: where both exist, origin's wins, since it is what all share."""
    local = {n.removeprefix(LOCAL): sha for n, sha in references.items() if n.startswith(LOCAL)}
    shared = {n.removeprefix(SHARED): sha for n, sha in references.items() if n.startswith(SHARED)}
    return {name: sha for name, sha in sorted({**local, **shared}.items()) if name != "HEAD"}


def _default_branch(git: pygit2.Repository, branches: dict[str, str]) -> str | None:
    shared, own = _target(git, f"{SHARED}HEAD"), _target(git, "HEAD")
    # nobody checks out in a bare repository, so there HEAD is what its server set
    guesses = (own, *USUAL_DEFAULTS) if git.is_bare else (*USUAL_DEFAULTS, own)
    return next((name for name in (shared, *guesses) if name in branches), None)


def _target(git: pygit2.Repository, name: str) -> str | None:
    reference = git.references.get(name)
    if reference is None or reference.type is not ReferenceType.SYMBOLIC:
        return None
    target = _reference_name(os.fsencode(str(reference.target)))
    return target.removeprefix(SHARED).removeprefix(LOCAL)


def _heads(git: pygit2.Repository, references: dict[str, str]) -> tuple[str, ...]:
    detached = {str(git.head.target)} if git.head_is_detached else set()
    return tuple(sorted({*references.values(), *detached}))


def _walk(git: pygit2.Repository, heads: Sequence[str], hidden: Sequence[str]) -> pygit2.Walker:
    walker = git.walk(None, ORDER)
    for sha in heads:
        walker.push(pygit2.Oid(hex=sha))
    for sha in hidden:
        walker.hide(pygit2.Oid(hex=sha))
    return walker


def _encoding(commit: pygit2.Commit) -> str | None:
    try:
        return commit.message_encoding
    except UnicodeError:  # the header itself is not ASCII
        return None


def _true_parents(commit: pygit2.Commit) -> list[str]:
    """Return the parents that the commit names; libgit2 hides those beyond a shallow border."""
    header = commit.read_raw().partition(b"\n\n")[0]
    return [sha.decode() for sha in re.findall(rb"^parent ([0-9a-f]{40})$", header, re.MULTILINE)]
