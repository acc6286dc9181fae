"""Ids of repositories: the normalised URL of the remote, or else the folder's name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tap_git.address import parse_remote_url
from tests.tap_git.repository_builder import RepositoryBuilder

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tap_git.runner import Read


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
def test_remote_urls_are_normalised(url: str, expected: str | None) -> None:
    address = parse_remote_url(url)
    assert (address.id if address else None) == expected


@pytest.mark.parametrize(
    ("folder", "configured", "bare"),
    [("shop", "", False), ("shop", ".git", False), ("shop.git", "", True)],
)
def test_a_repository_without_a_remote_is_named_after_its_folder(
    tmp_path: Path, read: Read, *, folder: str, configured: str, bare: bool
) -> None:
    repository = RepositoryBuilder(tmp_path / folder, bare=bare)
    repository.path = str(tmp_path / folder / configured)
    assert read(repository).rows("repositories") == [
        {
            "id": "local/shop",
            "host": "local",
            "path": "shop",
            "name": "shop",
            "default_branch": None,
            "mailmap": [],
        }
    ]


def test_a_linked_worktree_has_the_id_of_its_repository(
    tmp_path: Path, orders: RepositoryBuilder, read: Read
) -> None:
    orders.git.remotes.delete("origin")
    orders.git.add_worktree("linked", str(tmp_path / "linked"))
    orders.path = str(tmp_path / "linked")
    run = read(orders)
    assert run.column("repositories", "id") == ["local/checkout"]
    assert run.column("branches", "name") == ["linked", "main"]
