"""Normalise the URL of a git remote. Pure: `repository` reads it from git."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

SCHEMES = {"http", "https", "ssh", "git", "git+ssh", "ssh+git", "git+https", "ftp", "ftps"}

# `git@host:group/repo.git`; one letter is a drive, `transport::address` a remote helper
SCP_LIKE = re.compile(r"(?:[^/]*@)?(?P<host>\[[^\]]+\]|[^/:@]{2,}):(?!:)(?P<path>.+)")


@dataclass(frozen=True)
class Address:
    """The host and path of a repository, without user, password, port and local folders."""

    host: str
    path: str

    @property
    def id(self) -> str:
        """`host/group/sub/repo`, the same for every form of the URL."""
        return f"{self.host}/{self.path}"

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]


def is_url(text: str) -> bool:
    """Return whether a text is the URL of a remote rather than a local path."""
    return "://" in text or SCP_LIKE.fullmatch(text) is not None


def parse_remote_url(url: str) -> Address | None:
    """Return the address in a remote's URL, or None if it has no host (a local path).

    https://git-scm.com/docs/git-clone#_git_urls
    """
    host, path = _split_url(url) if "://" in url else _split_scp_form(url)
    parts = [part for part in path.split("/") if part]
    if not host or not parts:
        return None
    path = "/".join(parts).removesuffix(".git").rstrip("/")
    # no host allows @ in a name: it belongs to a password that contains a slash
    return None if not path or "@" in path else Address(host.lower(), path)


def _split_url(url: str) -> tuple[str, str]:
    """Return host and path of a URL, or empty texts."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises if a password contains a slash, so that its first part is the port
    except ValueError:
        return "", ""
    if parts.scheme not in SCHEMES:
        return "", ""
    return parts.hostname or "", parts.path


def _split_scp_form(url: str) -> tuple[str, str]:
    """Return host and path of `git@host:path`, or empty texts."""
    match = SCP_LIKE.fullmatch(url)
    return (match["host"].strip("[]"), match["path"]) if match else ("", "")
