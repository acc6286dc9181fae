"""What the demo makes of the history of tasks: commits, editor events, pull requests."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pygit2
import pytest

from examples.demo.editors import write_events
from examples.demo.records import describe_pull_requests, write_employees
from examples.demo.repository import Repository
from examples.demo.works import find_works
from fake_clickup import generate_demo

if TYPE_CHECKING:
    from pathlib import Path

    from examples.demo.works import Work
    from fake_clickup import Account

NOW = datetime(2026, 3, 4, 17, tzinfo=UTC)
DAY_START = NOW - timedelta(hours=9)


@pytest.fixture(scope="module")
def account() -> Account:
    return generate_demo(tasks=300, spaces=2, now=NOW)


@pytest.fixture(scope="module")
def works(account: Account) -> list[Work]:
    return find_works(account, until=NOW)


def commits(repository: Repository) -> dict[str, pygit2.Commit]:
    """Return the commits of all branches by id."""
    git = pygit2.Repository(str(repository.folder))
    heads = [git.references[name].peel(pygit2.Commit).id for name in git.references]
    return {str(commit.id): commit for head in heads for commit in git.walk(head)}


def test_commits_lie_between_start_and_end_of_the_work(account: Account, works: list[Work]) -> None:
    periods = account.workspaces[0].status_periods
    assert len(works) > 50
    for work in works:
        started_ms = next(
            period.since_ms for period in periods[work.task.id] if period.status.type == "custom"
        )
        assert started_ms <= work.commit_times[0].timestamp() * 1000
        assert list(work.commit_times) == sorted(work.commit_times)
        assert work.commit_times[-1] < (work.merged_at or NOW)
        assert work.author.id in (*work.task.assignee_ids, work.task.creator_id)
    weekdays = {at.weekday() for work in works for at in work.commit_times[1:]}
    assert weekdays <= {0, 1, 2, 3, 4}


def test_most_branches_name_their_task(works: list[Work]) -> None:
    named = [work for work in works if work.names_task]
    assert 0.8 < len(named) / len(works) < 1
    assert all(work.branch.startswith(f"CU-{work.task.id}_") for work in named)
    others = [work.branch for work in works if not work.names_task]
    assert all(branch.startswith("fix/") for branch in others)


def test_a_repository_that_grows_by_day_is_the_same(works: list[Work], tmp_path: Path) -> None:
    at_once, by_day = (Repository(tmp_path / name) for name in ("once", "day"))
    count = at_once.grow(works, until=NOW)
    assert by_day.grow(works, until=DAY_START) + by_day.grow(works, until=NOW) == count
    assert by_day.grow(works, until=NOW) == 0
    assert commits(at_once).keys() == commits(by_day).keys()
    assert at_once.heads == by_day.heads


def test_a_finished_branch_is_merged_and_mostly_deleted(works: list[Work], tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    repository.grow(works, until=NOW)
    all_commits = commits(repository)
    for branch, sha in repository.merges.items():
        parents = [str(parent) for parent in all_commits[sha].parent_ids]
        assert parents[1] == repository.heads[branch]
    git = pygit2.Repository(str(repository.folder))
    kept = [branch for branch in repository.merges if branch in git.branches.local]
    assert 0 < len(kept) < len(repository.merges) / 2
    named = [commit for commit in all_commits.values() if commit.message.startswith("CU-")]
    assert 0 < len(named) < len(all_commits)


def test_events_lie_before_commits_in_a_file_per_person(works: list[Work], tmp_path: Path) -> None:
    count = write_events(tmp_path, works, project="shop")
    files = {path.parent.name: json.loads(path.read_text()) for path in tmp_path.rglob("*.json")}
    assert sum(map(len, files.values())) == count
    assert files.keys() == {work.author.email for work in works}
    events: list[dict[str, Any]] = [event for events in files.values() for event in events]
    assert {event["gitBranch"] for event in events} <= {"main", *(work.branch for work in works)}
    last = max(at for work in works for at in work.commit_times).timestamp()
    assert all(event["timestamp"] < last for event in events)
    assert write_events(tmp_path, works[:5], project="shop") < count


def test_pull_requests_have_the_commits_of_their_branches(
    works: list[Work], tmp_path: Path
) -> None:
    repository = Repository(tmp_path)
    repository.grow(works, until=NOW)
    schema, *messages = map(json.loads, describe_pull_requests(works, repository).splitlines())
    records = [message["record"] for message in messages]
    assert all(record.keys() == schema["schema"]["properties"].keys() for record in records)
    assert [record["number"] for record in records] == list(range(1, len(records) + 1))
    merged = [record for record in records if record["state"] == "merged"]
    assert 0 < len(merged) < len(records)
    for record in records:
        assert record["head_sha"] == repository.heads[record["head_branch"]]
        assert record["merge_commit_sha"] == repository.merges.get(record["head_branch"])
        assert (record["merged_at"] is None) == (record["state"] == "open")


def test_one_user_is_missing_from_the_employees(account: Account, tmp_path: Path) -> None:
    write_employees(tmp_path / "employees.csv", account)
    with (tmp_path / "employees.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    users = account.workspaces[0].users.values()
    assert [row["email"] for row in rows] == [user.email for user in users][:-1]
    assert {row["team"] for row in rows} == {"Web", "Core"}
