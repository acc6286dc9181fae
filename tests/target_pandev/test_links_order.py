"""Links do not depend on the order in which commits, branches and pull requests arrive."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.scale import scaled
from tests.target_pandev.history import BRANCHES, COMMITS, branch, commit
from tests.target_pandev.test_pull_requests import PULL_REQUESTS, pull

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.target_pandev.loading import Loader

DERIVED = """
SELECT sha, reference, carrier_source, carrier_key, via, occurred_at::text, is_nearest
FROM inherited_references ORDER BY sha, reference, carrier_source, carrier_key
"""
TIMES = "SELECT object_key, occurred_at::text FROM task_references ORDER BY source, object_key"
MESSAGES = [
    "Work",
    "CU-86abc1: work",
    "Merge branch 'CU-86abc1'",
    "Merge branch 'CU-86abc2' into main",
    "Merge branch 'main' into CU-86abc1",
    "Merge branches 'CU-86abc1' and 'CU-86abc2'",
]
SCHEMAS = {"commits": COMMITS, "branches": BRANCHES, "pull_requests": PULL_REQUESTS}


@dataclass
class History:
    """Commits with the names a, b, …, parents first; branches and pull requests on them."""

    parents: dict[str, str] = field(default_factory=dict)
    messages: dict[str, str] = field(default_factory=dict)
    heads: dict[str, str] = field(default_factory=dict)
    merges: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Head and merge commit by number; the pull request n names the task 86abc<n>."""

    def records(self) -> list[dict[str, Any]]:
        days = {sha: day for day, sha in enumerate(self.parents, start=1)}
        return [
            *(
                commit(sha, parents, self.messages[sha], day=days[sha])
                for sha, parents in self.parents.items()
            ),
            *(branch(name, head) for name, head in self.heads.items()),
            *(
                pull(number, title=f"CU-86abc{number}", head_sha=head, merge_commit_sha=merge)
                for number, (head, merge) in self.merges.items()
            ),
        ]

    def reachable(self, starts: Iterable[str]) -> set[str]:
        reached: set[str] = set()
        stack = list(starts)
        while stack:
            sha = stack.pop()
            if sha not in reached:
                reached.add(sha)
                stack.extend(self.parents[sha])
        return reached

    def difference(self, heads: Iterable[str], base: str) -> set[str]:
        return self.reachable(heads) - self.reachable(base)

    def links(self) -> set[tuple[str, str, str, str]]:
        """Return (commit, id, via, what names the id) as the definition says, all of them."""
        links = set()
        for sha, message in self.messages.items():
            parents = self.parents[sha]
            if len(parents) > 1 and message.startswith("Merge branch"):
                for reference in ("86abc1", "86abc2"):
                    if reference in message.partition(" into CU")[0]:
                        brought = self.difference(parents[1:], parents[0])
                        links |= {(commit, reference, "merge", sha) for commit in brought}
        for name, head in self.heads.items():
            if name.startswith("CU-") and "main" in self.heads:
                shared = self.heads["main"] + self.heads.get("develop", "")
                on_branch = self.difference(head, shared)
                reference = name.removeprefix("CU-")
                links |= {(commit, reference, "branch_graph", name) for commit in on_branch}
        for number, (head, merge) in self.merges.items():
            parents = self.parents[merge]
            heads = parents[1:] or (head if head != merge else "")
            brought = self.difference(heads, parents[0]) if parents and heads else set()
            reference = f"86abc{number}"
            links |= {(commit, reference, "merge", str(number)) for commit in brought - {merge}}
            links.add((merge, reference, "pull_request", str(number)))
        return links


@st.composite
def histories(draw: st.DrawFn) -> History:
    history = History()
    for number in range(draw(st.integers(2, 9))):
        sha = chr(ord("a") + number)
        earlier = st.sampled_from([*history.parents]) if number else st.nothing()
        parents = draw(
            st.lists(earlier, min_size=min(number, 1), max_size=min(number, 3), unique=True)
        )
        history.parents[sha] = "".join(parents)
        history.messages[sha] = draw(st.sampled_from(MESSAGES))
    shas = st.sampled_from([*history.parents])
    history.heads = draw(
        st.dictionaries(st.sampled_from(["main", "develop", "CU-86abc1", "CU-86abc3"]), shas)
    )
    pairs = st.tuples(shas, shas)
    history.merges = draw(st.dictionaries(st.sampled_from([2, 4]), pairs, max_size=2))
    return history


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[History, list[list[dict[str, Any]]]]:
    """Return a history and its records in batches, in any order; some arrive twice."""
    history = draw(histories())
    records = history.records()
    records += draw(st.lists(st.sampled_from(records), max_size=3))
    batches: list[list[dict[str, Any]]] = []
    for message in draw(st.permutations(records)):
        if not batches or draw(st.booleans()):
            batches.append([])
        batches[-1].append(message)
    return history, batches


def empty(store: Loader) -> None:
    store.connection.execute(
        "DELETE FROM commits; DELETE FROM branches; DELETE FROM pull_requests; "
        "DELETE FROM task_references; DELETE FROM merged_commits; "
        "DELETE FROM inherited_references; DELETE FROM awaited_commits; "
        "DELETE FROM resolved_links"
    )


@pytest.mark.hypothesis  # which sees no @given within
def test_any_order_of_arrival_ends_in_the_same_links(store: Loader) -> None:
    """They are those of the definition, whatever the batches are."""

    @settings(max_examples=scaled(8, full=500), suppress_health_check=[*HealthCheck], deadline=None)
    @given(arrivals())
    def check(arrival: tuple[History, list[list[dict[str, Any]]]]) -> None:
        history, batches = arrival
        empty(store)
        for batch in batches:
            streams = dict.fromkeys(message["stream"] for message in batch)
            for stream in streams:
                of_stream = [message for message in batch if message["stream"] == stream]
                store.load(SCHEMAS[stream], *of_stream)
        rows = store.rows(DERIVED)
        derived, times = rows, store.rows(TIMES)
        assert {(row[0], row[1], row[4], row[3]) for row in rows} == history.links()
        empty(store)
        for stream, messages in SCHEMAS.items():
            store.load(messages, *(r for r in history.records() if r["stream"] == stream))
        assert store.rows(DERIVED) == derived
        assert store.rows(TIMES) == times

    check()
