"""Optional parts of a generated account, and the order of lists."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from fake_clickup import generate
from tests.fake_clickup.client import NOW, Client

if TYPE_CHECKING:
    from fake_clickup.model import TaskList, Workspace


def generate_sprints(**sizes: int) -> list[TaskList]:
    """Return the lists of the sprint folder of a small generated workspace."""
    workspace = generate(seed=3, now=NOW, tasks=0, time_entries=0, **sizes).workspaces[0]
    return [
        task_list for task_list in workspace.lists.values() if task_list.name.startswith("Sprint ")
    ]


def parse_days(named: list[TaskList]) -> list[tuple[date, date]]:
    """Return the first and last days in names, the last of which lies in the year before now."""
    spans = []
    latest = NOW.date()
    for sprint in reversed(named):
        months = [int(number) for number in re.findall(r"\d+", sprint.name)[1:]]
        end = max(
            day
            for day in (date(year, months[2], months[3]) for year in range(2020, NOW.year + 1))
            if day <= latest
        )
        start = date(end.year - ((months[0], months[1]) > (end.month, end.day)), *months[:2])
        spans.append((start, end))
        latest = start
    return spans[::-1]


@pytest.mark.parametrize("others", [0, 3])
def test_named_sprints_are_consecutive_and_have_no_dates(others: int) -> None:
    sprints = generate_sprints(sprints=others, named_sprints=12)
    assert len(sprints) == 12 + others
    named = sprints[:12]
    assert [sprint.name.split(" (")[0] for sprint in sprints] == [
        f"Sprint {number + 1}" for number in range(12 + others)
    ]
    assert {(sprint.start_ms, sprint.due_ms) for sprint in named} == {(None, None)}
    assert len({sprint.folder_id for sprint in sprints}) == 1
    spans = parse_days(named)
    assert {end - start for start, end in spans} == {timedelta(days=13)}
    assert {after[0] - before[1] for before, after in pairwise(spans)} == {timedelta(days=1)}
    assert timedelta(0) < NOW.date() - spans[-1][1] < timedelta(days=60)
    assert any(start.year < end.year for start, end in spans)


def test_sprints_have_dates_except_the_last() -> None:
    assert [sprint.start_ms is None for sprint in generate_sprints()] == [False, False, True]
    assert generate_sprints(sprints=0) == []


def test_every_response_has_the_orderindex_of_lists(client: Client, workspace: Workspace) -> None:
    folder_id = next(folder.id for folder in workspace.folders.values() if not folder.hidden)
    listed = client.get(f"/folder/{folder_id}/list")["lists"]
    embedded = client.get(f"/folder/{folder_id}")["lists"]
    alone = [client.get(f"/list/{body['id']}") for body in listed]
    for bodies in (listed, embedded, alone):
        assert [body["orderindex"] for body in bodies] == [0, 1]
