"""Pull requests by `meltano run`: the real taps of GitHub and GitLab, stand-ins of both APIs.

tap-github runs in an environment of its own, which `make setup` makes. MeltanoLabs' tap-gitlab is
in no package index, so its output is recorded: tests/fixtures/tap_gitlab/README.md says how.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import yaml

from tests.end_to_end.pipeline import Pipeline
from tests.support.code_hosts import BODY, GitHub, GitLab
from tests.support.merged_repository import build_merged_repository

if TYPE_CHECKING:
    from collections.abc import Iterator

PEERS = Path(sys.prefix) / "peers"
TAP_GITHUB = PEERS / "meltanolabs-tap-github" / "bin" / "tap-github"
TAP_GITLAB = PEERS / "tap-gitlab" / "bin" / "tap-gitlab"
RECORDED_TAP_GITLAB = Path(__file__).parents[1] / "fixtures" / "tap_gitlab" / "tap-gitlab"
HOUR_MS = 3_600_000


def use_executable(folder: Path, tap: str, executable: Path) -> None:
    """Let Meltano run an installed tap instead of installing it."""
    path = folder / "meltano.yml"
    project = yaml.safe_load(path.read_text())
    declared = next(plugin for plugin in project["plugins"]["extractors"] if plugin["name"] == tap)
    del declared["pip_url"]
    declared["executable"] = str(executable)
    path.write_text(yaml.safe_dump(project))


def rows(database: str, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(database, options="-c search_path=pandev -c timezone=UTC") as connection:
        return connection.execute(statement.encode()).fetchall()


def stored_text(database: str) -> str:
    """Return everything that the store has, as text."""
    tables = rows(
        database,
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'v') "
        "AND relnamespace = 'pandev'::regnamespace",
    )
    return json.dumps([rows(database, f'TABLE "{name}"') for (name,) in tables], default=str)


@pytest.fixture
def github(tmp_path: Path) -> Iterator[GitHub]:
    """Yield GitHub's stand-in; the name has another case than in the settings below."""
    pulls = build_merged_repository(tmp_path / "shop", origin="git@github.com:Acme/Shop.git")
    with GitHub("https://github.com/Acme/Shop", pulls) as running:
        yield running


@pytest.fixture
def gitlab(tmp_path: Path) -> Iterator[GitLab]:
    origin = "ssh://git@git.example.com:2222/acme/web/shop.git"
    pulls = build_merged_repository(tmp_path / "shop", origin=origin)
    with GitLab("https://git.example.com:8443/acme/web/shop", pulls) as running:
        yield running


PULL_REQUESTS = """
SELECT number, title, state, head_branch, base_branch, author_id, author_login, created_at,
    merged_at
FROM pull_requests ORDER BY number
"""
IDENTITIES = "SELECT DISTINCT p.repository_id, r.name FROM pull_requests AS p JOIN repositories AS r ON r.id = p.repository_id"  # noqa: E501
REFERENCES = (
    "SELECT object_key, reference FROM task_references WHERE source = 'pull_request' ORDER BY 1"
)
LEAD_TIMES = """
SELECT number, commit_count, first_commit_at, coding_ms, review_ms, lead_ms
FROM pull_request_lead_times ORDER BY number
"""
OF_TITLES_AND_BRANCHES = [
    ("1", "86abc1d2"),
    ("2", "86abc1d3"),
    ("3", "86abc1d2"),
    ("4", "86abc1d4"),
]


def at(day: int, hour: int = 8) -> datetime:
    return datetime(2024, 5, day, hour, tzinfo=UTC)


def test_pull_requests_of_github_arrive_and_join_branches_and_commits(
    tmp_path: Path, github: GitHub, database: str
) -> None:
    """R121: they arrive before the commits. The third one's commits went with its branch."""
    assert TAP_GITHUB.exists(), "tap-github is missing: run make setup with network access"
    pipeline = Pipeline(
        tmp_path,
        {
            "TAP_GITHUB_REPOSITORIES": '["acme/shop"]',
            "TAP_GITHUB_API_URL_BASE": github.url,
            "TAP_GIT_REPOSITORIES": json.dumps([str(tmp_path / "shop")]),
            "TARGET_PANDEV_STORE_URL": database,
        },
    )
    use_executable(tmp_path, "tap-github", TAP_GITHUB)
    for tap in ("tap-github", "tap-git", "tap-github"):
        run = pipeline.run("meltano", "run", tap, "target-pandev")
        assert run.returncode == 0, run.stderr[-3000:]
    user1 = ("183", "user1")
    assert rows(database, PULL_REQUESTS) == [
        (1, "CU-86abc1d2 Log in", "merged", "login", "main", *user1, at(3, 20), at(5)),
        (2, "Tidy", "merged", "CU-86abc1d3_tidy", "main", *user1, at(6, 9), at(7)),
        (3, "Add a cart, CU-86abc1d2", "merged", "cart", "main", None, None, at(8, 9), at(9)),
        (4, "Pay", "open", "user1/CU-86abc1d4-open", "main", *user1, at(10, 9), None),
        (5, "Drop", "closed", "drop", "main", *user1, at(10, 10), None),
    ]
    assert rows(database, IDENTITIES) == [("github.com/Acme/Shop", "Shop")]
    assert rows(database, REFERENCES) == OF_TITLES_AND_BRANCHES
    assert rows(database, LEAD_TIMES) == [
        (1, 2, at(2), 36 * HOUR_MS, 36 * HOUR_MS, 72 * HOUR_MS),
        (2, 1, at(6), HOUR_MS, 23 * HOUR_MS, 24 * HOUR_MS),
        (3, None, None, None, 23 * HOUR_MS, None),
        (4, None, None, None, None, None),
        (5, None, None, None, None, None),
    ]
    assert rows(database, "SELECT merge_commit_sha FROM pull_requests WHERE number > 3") == [
        (None,),
        (None,),
    ]
    assert BODY not in stored_text(database)
    assert [path for path in github.requests if "pulls" not in path and "graphql" not in path] == [
        "/repos/Acme/Shop?per_page=100"
    ] * 2


def test_merge_requests_of_gitlab_arrive_as_pull_requests(
    tmp_path: Path, gitlab: GitLab, database: str
) -> None:
    """R121: the tap gives neither the login of an author nor the merge; git has the merge."""
    pipeline = Pipeline(
        tmp_path,
        {
            "TAP_GITLAB_PROJECTS": "acme/web/shop",
            "TAP_GITLAB_PRIVATE_TOKEN": "token",
            "TAP_GITLAB_START_DATE": "2024-01-01T00:00:00Z",
            "TAP_GITLAB_API_URL": gitlab.url,
            "TAP_GIT_REPOSITORIES": json.dumps([str(tmp_path / "shop")]),
            "TARGET_PANDEV_STORE_URL": database,
        },
    )
    is_installed = TAP_GITLAB.exists()
    use_executable(tmp_path, "tap-gitlab", TAP_GITLAB if is_installed else RECORDED_TAP_GITLAB)
    for names in (("tap-gitlab", "target-pandev-gitlab"), ("tap-git", "target-pandev")):
        run = pipeline.run("meltano", "run", *names)
        assert run.returncode == 0, run.stderr[-3000:]
    assert rows(database, PULL_REQUESTS) == [
        (1, "CU-86abc1d2 Log in", "merged", "login", "main", "183", None, at(3, 20), at(5)),
        (2, "Tidy", "merged", "CU-86abc1d3_tidy", "main", "183", None, at(6, 9), at(7)),
        (3, "Add a cart, CU-86abc1d2", "merged", "cart", "main", "183", None, at(8, 9), at(9)),
        (4, "Pay", "open", "user1/CU-86abc1d4-open", "main", "183", None, at(10, 9), None),
        (5, "Drop", "closed", "drop", "main", "183", None, at(10, 10), None),
    ]
    assert rows(database, IDENTITIES) == [("git.example.com/acme/web/shop", "shop")]
    assert rows(database, REFERENCES) == OF_TITLES_AND_BRANCHES
    assert rows(database, LEAD_TIMES)[:3] == [
        (1, 2, at(2), 36 * HOUR_MS, 36 * HOUR_MS, 72 * HOUR_MS),
        (2, 1, at(6), HOUR_MS, 23 * HOUR_MS, 24 * HOUR_MS),
        (3, None, None, None, 23 * HOUR_MS, None),
    ]
    assert BODY not in stored_text(database)
    assert bool(gitlab.requests) == is_installed
