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


def sprints(**sizes: int) -> list[TaskList]:
    """Return the lists of the sprint folder of a small generated workspace."""
    workspace = generate(seed=3, now=NOW, tasks=0, time_entries=0, **sizes).workspaces[0]
    return [one for one in workspace.lists.values() if one.name.startswith("Sprint ")]


def days(named: list[TaskList]) -> list[tuple[date, date]]:
    """Return the first and last days in names, the last of which lies in the year before now."""
    found = []
    latest = NOW.date()
    for one in reversed(named):
        months = [int(number) for number in re.findall(r"\d+", one.name)[1:]]
        end = max(
            day
            for day in (date(year, months[2], months[3]) for year in range(2020, NOW.year + 1))
            if day <= latest
        )
        start = date(end.year - ((months[0], months[1]) > (end.month, end.day)), *months[:2])
        found.append((start, end))
        latest = start
    return found[::-1]


@pytest.mark.parametrize("others", [0, 3])
def test_named_sprints_are_consecutive_and_have_no_dates(others: int) -> None:
    made = sprints(sprints=others, named_sprints=12)
    assert len(made) == 12 + others
    named = made[:12]
    assert [one.name.split(" (")[0] for one in made] == [
        f"Sprint {number + 1}" for number in range(12 + others)
    ]
    assert {(one.start_ms, one.due_ms) for one in named} == {(None, None)}
    assert len({one.folder_id for one in made}) == 1
    spans = days(named)
    assert {end - start for start, end in spans} == {timedelta(days=13)}
    assert {after[0] - before[1] for before, after in pairwise(spans)} == {timedelta(days=1)}
    assert timedelta(0) < NOW.date() - spans[-1][1] < timedelta(days=60)
    assert any(start.year < end.year for start, end in spans)


def test_sprints_have_dates_except_the_last() -> None:
    assert [one.start_ms is None for one in sprints()] == [False, False, True]
    assert sprints(sprints=0) == []


def test_every_response_has_the_orderindex_of_lists(client: Client, workspace: Workspace) -> None:
    folder_id = next(one.id for one in workspace.folders.values() if not one.hidden)
    listed = client.get(f"/folder/{folder_id}/list")["lists"]
    embedded = client.get(f"/folder/{folder_id}")["lists"]
    alone = [client.get(f"/list/{one['id']}") for one in listed]
    for shown in (listed, embedded, alone):
        assert [one["orderindex"] for one in shown] == [0, 1]
