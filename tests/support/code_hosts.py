"""Stand-ins for the APIs of GitHub (REST v3) and GitLab (v4): what their taps request, no more.

Pull requests are given once, in neutral terms; each server answers in the form of its API.
https://docs.github.com/en/rest/pulls/pulls, https://docs.gitlab.com/api/merge_requests/
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any, ClassVar, Self
from urllib.parse import parse_qs, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGE = 2
"""Pull requests on a page, so that a few of them fill several."""
BODY = "planted-body"
"""A text that must not be stored."""


@dataclass(frozen=True)
class Pull:
    """A pull request or merge request; `merge_sha` is what is stored on the base branch."""

    number: int
    title: str
    head_branch: str
    head_sha: str
    created_at: str
    updated_at: str
    merged_at: str | None = None
    closed_at: str | None = None
    merge_sha: str | None = None
    squash_sha: str | None = None
    author: str | None = "user1"


class CodeHost:
    """A running stand-in for the API of a host on which one repository has pull requests.

    `web_url` is the address of the repository for people, from which its id in the store follows.
    """

    handler: ClassVar[type[Handler]]

    def __init__(self, web_url: str, pulls: Sequence[Pull]) -> None:
        self.web_url = web_url
        self.path = urlsplit(web_url).path.strip("/")
        self.pulls = list(pulls)
        self.requests: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler)
        self._server.host = self  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Handler(BaseHTTPRequestHandler, ABC):
    """Answers with JSON, with the headers of the host."""

    protocol_version = "HTTP/1.1"

    @property
    def host(self) -> CodeHost:
        """The stand-in that the request is for."""
        return self.server.host  # type: ignore[attr-defined, no-any-return]

    def do_GET(self) -> None:
        """Answer a request for an object or a page of a list."""
        self.host.requests.append(self.path)
        url = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        self.answer(unquote(url.path), query)

    @abstractmethod
    def answer(self, path: str, query: dict[str, str]) -> None:
        """Answer a GET request."""

    def page(self, query: dict[str, str]) -> tuple[list[Pull], int | None]:
        """Return a page of the pull requests, and the number of the next one."""
        newest_first = query.get("direction") == "desc"
        pulls = sorted(self.host.pulls, key=lambda pull: pull.updated_at, reverse=newest_first)
        number = int(query.get("page", 1))
        start = (number - 1) * PAGE
        return pulls[start : start + PAGE], number + 1 if start + PAGE < len(pulls) else None

    def send(self, body: Any, headers: dict[str, str], status: int = 200) -> None:
        """Send a body as JSON."""
        content = json.dumps(body).encode()
        self.send_response(status)
        headers = {
            "Content-Type": "application/json",
            "Content-Length": str(len(content)),
        } | headers
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Log nothing."""


class GitHubHandler(Handler):
    """GitHub's REST API, and the one GraphQL query that resolves the names of repositories."""

    limits: ClassVar[dict[str, str]] = {
        "X-RateLimit-Limit": "5000",
        "X-RateLimit-Remaining": "4999",
        "X-RateLimit-Reset": "4102444800",
        "X-RateLimit-Used": "1",
    }

    def do_POST(self) -> None:
        """Answer the query with the repository, in the case that GitHub has stored."""
        self.host.requests.append(self.path)
        self.rfile.read(int(self.headers["Content-Length"]))
        repository = {"nameWithOwner": self.host.path, "databaseId": 41}
        self.send({"data": {"repo0": repository, "rateLimit": {"cost": 1}}}, self.limits)

    def answer(self, path: str, query: dict[str, str]) -> None:
        """Answer the requests for the repository and its pull requests."""
        repository = f"/repos/{self.host.path}"
        if path == repository:
            owner, name = self.host.path.split("/")
            self.send(
                {"id": 41, "name": name, "owner": {"login": owner, "id": 7}, "description": BODY},
                self.limits,
            )
        elif path == f"{repository}/pulls" and query["state"] == "all":
            pulls, next_page = self.page(query)
            link = f'<{self.host.url}{path}?page={next_page}>; rel="next"'
            links = {"Link": link} if next_page else {}
            self.send([self.pull_request(pull) for pull in pulls], self.limits | links)
        else:
            self.send({"message": "Not Found"}, self.limits, status=404)

    def pull_request(self, pull: Pull) -> dict[str, Any]:
        """Return a pull request as GitHub's list has it.

        An open one has as `merge_commit_sha` a test merge, which is on no branch.
        """
        closed_at = pull.merged_at or pull.closed_at
        side = {"label": "acme", "user": {"login": "acme", "id": 7}, "repo": {"id": 41}}
        return {
            "id": 1000 + pull.number,
            "node_id": f"PR_{pull.number}",
            "number": pull.number,
            "url": f"{self.host.url}/repos/{self.host.path}/pulls/{pull.number}",
            "html_url": f"{self.host.web_url}/pull/{pull.number}",
            "state": "closed" if closed_at else "open",
            "title": pull.title,
            "body": BODY,
            "user": {"login": pull.author, "id": 183, "type": "User"} if pull.author else None,
            "labels": [],
            "assignees": [],
            "requested_reviewers": [],
            "created_at": pull.created_at,
            "updated_at": pull.updated_at,
            "closed_at": closed_at,
            "merged_at": pull.merged_at,
            "merge_commit_sha": pull.squash_sha or pull.merge_sha or "test-merge",
            "head": {**side, "ref": pull.head_branch, "sha": pull.head_sha},
            "base": {**side, "ref": "main", "sha": "0" * 40},
            "draft": False,
        }


class GitLabHandler(Handler):
    """GitLab's REST API; a project is requested by its path or its id."""

    def answer(self, path: str, query: dict[str, str]) -> None:
        """Answer the requests for the project and its merge requests."""
        project = {"id": 41, "last_activity_at": "2026-03-01T10:00:00.000Z", "description": BODY}
        if path == f"/api/v4/projects/{self.host.path}":
            self.send(project, {"X-Next-Page": ""})
        elif path == "/api/v4/projects/41/merge_requests" and query["scope"] == "all":
            pulls, next_page = self.page(query)
            merge_requests = [self.merge_request(pull) for pull in pulls]
            self.send(merge_requests, {"X-Next-Page": str(next_page or "")})
        else:
            self.send({"message": "404 Not found"}, {}, status=404)

    def merge_request(self, pull: Pull) -> dict[str, Any]:
        """Return a merge request as GitLab's list has it."""
        state = "merged" if pull.merged_at else "closed" if pull.closed_at else "opened"
        user = {"id": 183, "username": pull.author, "name": "User One", "state": "active"}
        return {
            "id": 1000 + pull.number,
            "iid": pull.number,
            "project_id": 41,
            "title": pull.title,
            "description": BODY,
            "state": state,
            "created_at": pull.created_at,
            "updated_at": pull.updated_at,
            "merged_at": pull.merged_at,
            "closed_at": pull.closed_at,
            "target_branch": "main",
            "source_branch": pull.head_branch,
            "author": user,
            "assignee": None,
            "assignees": [],
            "reviewers": [user],
            "milestone": None,
            "merged_by": user if pull.merged_at else None,
            "labels": [],
            "sha": pull.head_sha,
            "merge_commit_sha": pull.merge_sha,
            "squash_commit_sha": pull.squash_sha,
            "web_url": f"{self.host.web_url}/-/merge_requests/{pull.number}",
            "squash": pull.squash_sha is not None,
            "time_stats": {"time_estimate": 0, "total_time_spent": 0},
        }


class GitHub(CodeHost):
    """GitHub's API on loopback."""

    handler = GitHubHandler


class GitLab(CodeHost):
    """GitLab's API on loopback."""

    handler = GitLabHandler
