"""Whether what a merge brought belongs to the task that its message names."""

from __future__ import annotations

import pytest

from target_pandev.merge_messages import brings_work_of

MERGED = [
    "Merge branch 'CU-abc'",
    "Merge branch 'CU-abc' into main",
    "Merge branch CU-abc into main",
    "Merge branches 'CU-abc' and 'CU-xyz' into main",
    "Merge branches 'main' and 'CU-abc' into next",
    "Merge remote-tracking branch 'origin/CU-abc'",
    "Merge branch 'CU-abc' of git.example.com:shop/orders",
    "Merge branch 'topic' into 'main'\n\nLog in, CU-abc\n\nSee merge request shop/orders!12",
    "[CU-abc] Merge branch 'topic' into develop",
    "Merge pull request #12 from shop/CU-abc\n\nLog in",
    "Merge pull request #12 from shop/topic\n\nLog in, CU-abc",
    "Merged in CU-abc (pull request #12)",
    "Merged PR 12: Log in, CU-abc",
    "Log in, CU-abc (#12)",
    "Log in, CU-abc (!12)",
    "Merge CU-abc into main",
    "Merged CU-abc",
]
OTHERS = [
    "Merge branch 'main' into CU-abc",
    "Merge branch 'release' into CU-abc-login",
    "Merge branch 'CU-xyz' into CU-abc",
    "Merge branch 'CU-abc' of git.example.com:shop/orders into CU-abc",
    "Merge remote-tracking branch 'origin/main' into user1/CU-abc",
    'Merge branch "develop" of git.example.com:shop/orders into CU-abc',
    "Merge branches 'main' and 'develop' into next, CU-abc",
    "CU-abc: Merge branch 'main' into CU-abc",
    "CU-abc: Merge branch 'develop'",
    "Merge tag 'v1' into CU-abc",
    "Merge pull request #12 from shop/main\n\nUpdate CU-abc",
    "Merge main into CU-abc (#12)",
    "Merge main for CU-abc",
    "Merged master, CU-abc",
    "CU-abc: merge main",
    "CU-abc resolve conflicts",
]


@pytest.mark.parametrize("message", MERGED)
def test_a_merged_branch_or_request_brings_work_of_its_task(message: str) -> None:
    assert brings_work_of(message, "abc")


@pytest.mark.parametrize("message", OTHERS)
def test_what_is_merged_into_a_branch_is_not_of_its_task(message: str) -> None:
    assert not brings_work_of(message, "abc")


def test_only_the_whole_id_of_the_target_counts() -> None:
    assert brings_work_of("Merge branch 'DEV-1' into DEV-12", "DEV-1")
    assert not brings_work_of("Merge branch 'DEV-1' into dev-12", "DEV-12")
