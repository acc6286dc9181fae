"""Read a git repository with libgit2: its address, its branches, a commit as a record.

Metadata only: no file is opened but `.mailmap`. It does not know Singer and keeps no state.
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
from pygit2.enums import ReferenceType, RepositoryOpenFlag

from tap_git.address import Address, is_url, parse_remote_url
from tap_git.errors import RepositoryError
from tap_git.mailmap import parse_mailmap, read_mailmap

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_git.settings import ConfiguredRepository

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LOCAL_HOST = "local"
LOCAL_REFS = "refs/heads/"
ORIGIN_REFS = "refs/remotes/origin/"
ALL_BRANCHES = {"refs/heads/*", "refs/*"}
COMMON_DEFAULTS = ("main", "master")
URL_ERROR = (
    "is a URL; expected the path of a local clone: clone it with `git clone --mirror` and "
    "fetch it before each run, or set fetch"
)
READ_ERRORS = (pygit2.GitError, OSError, UnicodeError)


@dataclass(frozen=True)
class Location:
    """Where a repository is: the configured path, its git folder, and its address."""

    path: str
    folder: str
    address: Address


@dataclass(frozen=True)
class Repository:
    """A repository as it was when it was opened: branches and heads by sha."""

    folder: str
    address: Address
    opened_at: datetime
    branches: dict[str, str]
    default_branch: str | None
    head_times: Mapping[str, int]
    """The commits from which commits are read, by sha, and their times since 1970 in seconds."""
    shallow: bool
    mailmap: list[dict[str, Any]]
    """The entries of the default branch's `.mailmap`."""
    incomplete_reason: str | None
    """Why rows that it does not contain may exist nevertheless; None if they do not."""

    @property
    def heads(self) -> tuple[str, ...]:
        """The commits from which commits are read: the branches', and HEAD's if it is detached."""
        return tuple(self.head_times)


def disable_object_cache() -> None:
    """Disable libgit2's object cache in this process: every object is read once only."""
    pygit2.settings.enable_caching(False)  # noqa: FBT003 the signature is the library's


def locate_repository(configured: ConfiguredRepository) -> Location:
    """Return the repository at a configured path, without reading it.

    The path is that of a working tree, a bare repository or a `.git` folder. Raises
    `RepositoryError`.
    """
    with explain_errors(_quote(configured.path)):
        git = open_repository(configured.path)
        name = configured.name
        return Location(
            path=configured.path,
            folder=git.path,
            address=Address(LOCAL_HOST, name) if name else _read_address(git),
        )


def read_repository(location: Location) -> Repository:
    """Return the repository at a location as it is now. Raises `RepositoryError`."""
    opened_at = datetime.now(UTC)
    with explain_errors(_quote(location.path)):
        git = open_repository(location.folder)
        references, broken = _read_references(git)
        branches = _select_branches(references)
        default_branch = _find_default_branch(git, branches)
        return Repository(
            folder=location.folder,
            address=location.address,
            opened_at=opened_at,
            branches=branches,
            default_branch=default_branch,
            head_times=_read_head_times(git, references),
            shallow=git.is_shallow,
            mailmap=parse_mailmap(read_mailmap(git, branches.get(default_branch or ""))),
            incomplete_reason=_find_incomplete_reason(git, broken),
        )


def open_repository(path: str) -> pygit2.Repository:
    """Open the repository at a path, not one of its parent folders."""
    folder = Path(path).expanduser()
    if not folder.exists():
        raise RepositoryError(URL_ERROR if is_url(path) else "does not exist")
    # without NO_SEARCH libgit2 would search the parent folders for a repository
    return pygit2.Repository(str(folder), RepositoryOpenFlag.NO_SEARCH)


def find_common_folder(git: pygit2.Repository) -> Path:
    """Return the git folder, of a linked worktree that of its repository."""
    common_dir = Path(git.path, "commondir")
    if common_dir.is_file():
        return Path(git.path, common_dir.read_text().strip()).resolve()
    return Path(git.path)


@contextmanager
def explain_errors(name: str) -> Iterator[None]:
    """Add the name of the repository to errors, and raise libgit2's as `RepositoryError`."""
    try:
        yield
    except RepositoryError as error:
        raise RepositoryError(f"repositories: {name} {error}") from error
    except READ_ERRORS as error:
        raise RepositoryError(f"repositories: {name} {_explain(error)}") from error


def build_commit_record(commit: pygit2.Commit, *, shallow: bool) -> dict[str, Any]:
    """Return the columns of a commit except the id of its repository."""
    encoding = _encoding(commit)
    author = commit.author
    committer = commit.committer
    if shallow:
        parents = _parents_from_header(commit)
    else:
        parents = [str(parent_id) for parent_id in commit.parent_ids]
    return {
        "sha": str(commit.id),
        "author_name": decode_text(author.raw_name, encoding),
        "author_email": decode_text(author.raw_email, encoding),
        "authored_at": format_local_time(author.time, offset_min=author.offset),
        "committer_name": decode_text(committer.raw_name, encoding),
        "committer_email": decode_text(committer.raw_email, encoding),
        "committed_at": format_local_time(committer.time, offset_min=committer.offset),
        "message": decode_text(commit.raw_message, encoding).rstrip("\n"),
        "parents": parents,
    }


def decode_text(raw: bytes, encoding: str | None = None) -> str:
    """Return `raw` as text that JSON and PostgreSQL can store: no surrogates, no U+0000."""
    try:
        decoded = raw.decode(encoding or "utf-8", "replace")
    except (LookupError, ValueError):  # unknown to Python, or not a text encoding
        decoded = raw.decode("utf-8", "replace")
    return decoded.replace("\0", "").encode("utf-8", "replace").decode()


def format_local_time(epoch_s: int, *, offset_min: int) -> str | None:
    """Return ISO 8601 with the author's own offset, or None for a time outside the calendar."""
    try:
        instant = EPOCH + timedelta(seconds=epoch_s)
        return instant.astimezone(timezone(timedelta(minutes=offset_min))).isoformat()
    except (OverflowError, ValueError):
        return None


def _quote(path: str) -> str:
    """Return a configured path for an error; of a URL no more than its host and path."""
    if not is_url(path) or Path(path).expanduser().exists():
        return f"'{path}'"
    address = parse_remote_url(path)
    return f"'{address.id}'" if address else "an entry"


def _explain(error: Exception) -> str:
    reason = str(error).strip("'")  # the text of a KeyError is in quotes
    if "not owned by current user" in reason:
        return (
            "belongs to another user (dubious ownership); if you trust it, run "
            "`git config --file ~/.gitconfig --add safe.directory <its path>` (tap-git does not "
            "read the file in GIT_CONFIG_GLOBAL)"
        )
    if "object format" in reason:
        return "uses another object format than SHA-1, such as SHA-256, which cannot be read"
    if "Repository not found" in reason:
        return (
            "is not a git repository; expected a working tree, a bare repository or a .git folder"
        )
    return f"cannot be read: {reason}"


def _read_address(git: pygit2.Repository) -> Address:
    """Return the address of remote origin, else one by the folder's name."""
    try:
        url = git.remotes["origin"].url
    except KeyError:
        url = None
    address = parse_remote_url(decode_text(os.fsencode(url))) if url else None
    return address or Address(LOCAL_HOST, _folder_name(git))


def _folder_name(git: pygit2.Repository) -> str:
    common = find_common_folder(git)
    is_linked = common != Path(git.path)
    folder = common if is_linked else Path(git.workdir or git.path)
    if folder.name == ".git":
        folder = folder.parent
    return decode_text(os.fsencode(folder.name)).removesuffix(".git")


def _read_references(git: pygit2.Repository) -> tuple[dict[str, pygit2.Commit], list[str]]:
    """Return the commit by name of local branches and those of origin, and broken ones."""
    references = {}
    broken = []
    for reference in git.listall_reference_objects():
        name = _reference_name(reference.raw_name)
        if not name.startswith((LOCAL_REFS, ORIGIN_REFS)) or name == f"{ORIGIN_REFS}HEAD":
            continue
        try:
            references[name] = reference.peel(pygit2.Commit)
        except pygit2.GitError:  # it points to nothing: git calls it broken
            broken.append(name)
    return references, broken


def _find_incomplete_reason(git: pygit2.Repository, broken: list[str]) -> str | None:
    if git.is_shallow:
        return "it is a shallow clone"
    if broken:
        return f"{broken[0]} points to no commit"
    refspecs = git.remotes["origin"].fetch_refspecs if "origin" in git.remotes.names() else []
    sources = {refspec.lstrip("+").partition(":")[0] for refspec in refspecs}
    if sources and not sources & ALL_BRANCHES:
        return "it is a clone of some branches only"
    return None


def _reference_name(raw: bytes) -> str:
    """Return a name as text; git allows any bytes. Escaped, so that names stay distinct."""
    return raw.decode("utf-8", "backslashreplace")


def _select_branches(references: Mapping[str, pygit2.Commit]) -> dict[str, str]:
    """Return the sha by branch, sorted by name.

    Origin's branch, which the whole team sees, takes precedence over the local one.
    """
    local = _without_prefix(references, LOCAL_REFS)
    origin = _without_prefix(references, ORIGIN_REFS)
    branches = {**local, **origin}
    return {name: branches[name] for name in sorted(branches) if name != "HEAD"}


def _without_prefix(references: Mapping[str, pygit2.Commit], prefix: str) -> dict[str, str]:
    return {
        name.removeprefix(prefix): str(commit.id)
        for name, commit in references.items()
        if name.startswith(prefix)
    }


def _find_default_branch(git: pygit2.Repository, branches: dict[str, str]) -> str | None:
    """Return origin's default branch, else main, master or the branch that HEAD points to."""
    origin_head = _target(git, f"{ORIGIN_REFS}HEAD")
    head = _target(git, "HEAD")
    # a bare repository has no checkout, so its HEAD is the default set by its server
    candidates = (head, *COMMON_DEFAULTS) if git.is_bare else (*COMMON_DEFAULTS, head)
    return next((name for name in (origin_head, *candidates) if name in branches), None)


def _target(git: pygit2.Repository, name: str) -> str | None:
    """Return the branch that a symbolic reference points to, or None."""
    reference = git.references.get(name)
    if reference is None or reference.type is not ReferenceType.SYMBOLIC:
        return None
    target = _reference_name(os.fsencode(str(reference.target)))
    return target.removeprefix(ORIGIN_REFS).removeprefix(LOCAL_REFS)


def _read_head_times(
    git: pygit2.Repository, references: Mapping[str, pygit2.Commit]
) -> dict[str, int]:
    heads = [*references.values()]
    if git.head_is_detached:
        heads.append(git.head.peel(pygit2.Commit))
    return dict(sorted((str(commit.id), commit.commit_time) for commit in heads))


def _encoding(commit: pygit2.Commit) -> str | None:
    try:
        return commit.message_encoding
    except UnicodeError:  # the header with its name is not ASCII
        return None


def _parents_from_header(commit: pygit2.Commit) -> list[str]:
    """Return the parents in the commit's header; libgit2 hides those beyond a shallow boundary."""
    header = commit.read_raw().partition(b"\n\n")[0]
    return [sha.decode() for sha in re.findall(rb"^parent ([0-9a-f]{40})$", header, re.MULTILINE)]
