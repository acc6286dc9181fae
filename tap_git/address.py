"""Normalise the address of a git remote. Pure: whose remote it is, `repository` knows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

SCHEMES = {"http", "https", "ssh", "git", "git+ssh", "ssh+git", "git+https", "ftp", "ftps"}

# `git@host:group/repo.git`; one letter is a drive, `transport::address` a remote helper
SCP_LIKE = re.compile(r"(?:[^/]*@)?(?P<host>\[[^\]]+\]|[^/:@]{2,}):(?!:)(?P<path>.+)")


@dataclass(frozen=True)
class Address:
    """Where a team finds a repository: nothing of this machine, no user, no password, no port."""

    host: str
    path: str

    @property
    def id(self) -> str:
        """The same for every way to write the address: `host/group/sub/repo`."""
        return f"{self.host}/{self.path}"

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]


def from_url(url: str) -> Address | None:
    """Return the address in a remote's URL, or None where it names no host (a local path)."""
    host, path = _from_scheme(url) if "://" in url else _from_scp(url)
    parts = [part for part in path.split("/") if part]
    if not host or not parts:
        return None
    path = "/".join(parts).removesuffix(".git").rstrip("/")
    # an @ in a path is a password that holds a slash: no host allows it in a name
    return None if not path or "@" in path else Address(host.lower(), path)


def _from_scheme(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
        _ = (
            parts.port
        )  # raises where a password holds a slash, so that part of it looks like a port
    except ValueError:
        return "", ""
    if parts.scheme not in SCHEMES:
        return "", ""
    return parts.hostname or "", parts.path


def _from_scp(url: str) -> tuple[str, str]:
    match = SCP_LIKE.fullmatch(url)
    return (match["host"].strip("[]"), match["path"]) if match else ("", "")
