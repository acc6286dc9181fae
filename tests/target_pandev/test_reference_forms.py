"""The forms in which texts name tasks, and the rules that decide between them."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from tests.target_pandev.git_messages import BRANCHES, COMMITS, FOUND, TASKS, branch, commit, task

if TYPE_CHECKING:
    from tests.target_pandev.loading import Loader


@pytest.mark.parametrize(
    ("text", "references"),
    [
        ("feature/CU-abc1d2 - description", ["abc1d2"]),
        ("CU-86c7mc19h_Fix-login_Ana", ["86c7mc19h"]),
        ("cu-86C7MC19H", ["86c7mc19h"]),
        ("CU-abc123-add-login", ["abc123"]),
        ("[CU-abc123] title", ["abc123"]),
        ("Closes CU-abc123.", ["abc123"]),
        ("CU-abc123[in review]", ["abc123"]),
        ("CU-abc123, CU-def456 and CU-abc123", ["abc123", "def456"]),
        ("old ids CU-9hz CU-ajmq9t", ["9hz", "ajmq9t"]),
        ("ACU-abc123 éCU-abc123 1CU-abc123", []),
        ("CU- CU-ab", []),
        (
            "CU 86et87m27: update, cu_86abc1d2e, CU-#8678vn1r5 and CU #86abc1d2f",
            ["86et87m27", "86abc1d2e", "8678vn1r5", "86abc1d2f"],
        ),
        ("CU fixes it, CU_lated, CU-#define", []),
        ("CU#86a, CU-" + "a" * 32, ["86a", "a" * 32]),
        ("https://app.clickup.com/t/abc", ["abc"]),
        ("see https://app.clickup.com/t/86c7mc19h?comment=5", ["86c7mc19h"]),
        ("see https://app.clickup.com/t/86c7mc19h/", ["86c7mc19h"]),
        ("https://app.clickup.com/t/90152245421/86c7mc19h", ["86c7mc19h"]),
        ("#86c7mc19h and #1234, #defines, &#86c7mc1", ["86c7mc19h"]),
        ("[#86abc1d2e] msg, #86abc1d2f[closed]", ["86abc1d2e", "86abc1d2f"]),
        ("a CU-abc1234 before CU-abc", ["abc1234", "abc"]),
        ("CU-" + "a" * 33, []),
        ("CU-" + "ab1" * 3000, []),
        ("", []),
    ],
)
def test_task_ids_are_found_where_clickup_finds_them(
    store: Loader, text: str, references: list[str]
) -> None:
    """R50, R118, R122: behind the prefix `CU-`, in addresses, and behind a hash."""
    store.load(COMMITS, commit("sha1", text))
    assert store.rows(
        "SELECT reference FROM task_references WHERE kind = 'task_id' ORDER BY ordinal"
    ) == [(reference,) for reference in references]


def test_custom_ids_are_found_in_any_case_and_in_addresses(store: Loader) -> None:
    store.load(
        COMMITS, commit("sha1", "dev-123: as https://app.clickup.com/t/90152245421/ABC-7?x=1 says")
    )
    assert store.rows(FOUND) == [("custom_id", "DEV-123"), ("custom_id", "ABC-7")]


CUSTOM_IDS = "SELECT reference FROM task_references WHERE kind = 'custom_id' ORDER BY ordinal"


@pytest.mark.parametrize(
    ("text", "references"),
    [
        ("WEB_APP-123: fix", ["WEB_APP-123"]),
        ("https://app.clickup.com/t/2434616/WEB_APP-9", ["WEB_APP-9"]),
        ("1A-5 and A1_-6", ["1A-5", "A1_-6"]),
        ("feature/dev-123_login and feature-DEV-124-x", ["DEV-123", "DEV-124"]),
        ("éDEV-1 DEV-1a on 2026-11-27, 12-3", []),
    ],
)
def test_a_custom_id_is_never_cut_out_of_a_longer_one(
    store: Loader, text: str, references: list[str]
) -> None:
    store.load(COMMITS, commit("sha1", text))
    assert store.rows(CUSTOM_IDS) == [(reference,) for reference in references]
    assert store.rows("SELECT reference FROM task_references WHERE kind = 'task_id'") == []


@pytest.mark.parametrize(
    "name",
    ["user/86abc1d2e-cache", "86abc1d2e_fix", "fix/86ABC1D2E", "a/86abc1d2e/b", "[86abc1d2e]"],
)
def test_a_segment_of_a_branch_names_a_task_that_exists(store: Loader, name: str) -> None:
    store.load(BRANCHES, branch(name), branch("user/86abc1d2f-other"))
    resolved = "SELECT object_key, kind, task_id FROM resolved_task_references"
    assert store.rows(resolved) == []
    store.load(TASKS, task("86abc1d2e"))
    assert store.rows(resolved) == [(name, "bare_id", "86abc1d2e")]


@pytest.mark.parametrize(
    ("message", "is_found"),
    [
        ("[86abc1d2e] Record", True),
        ("Fix it (86abc1d2e)", True),
        ("86abc1d2e: seed", True),
        ("title\n\n86abc1d2e - why", True),
        ("Merge branch 'user/86abc1d2e-cache'", True),
        ("see 86abc1d2e", False),
        ("x86abc1d2e: seed", False),
        ("[86abc1d2ex]", False),
    ],
)
def test_an_id_without_prefix_counts_where_teams_write_it(
    store: Loader, message: str, *, is_found: bool
) -> None:
    store.load(TASKS, task("86abc1d2e"))
    store.load(COMMITS, commit("sha1", message))
    found = store.rows("SELECT task_id FROM resolved_task_references")
    assert found == ([("86abc1d2e",)] if is_found else [])


def test_a_repository_names_tasks_of_its_workspace_only(store: Loader) -> None:
    """The longest entry that fits applies; an address says more than any."""
    twins = [("100", "aaa"), ("200", "bbb"), ("300", "ccc")]
    store.load(TASKS, *[task(key, workspace_id=w, custom_id="DEV-1") for w, key in twins])
    store.load(COMMITS, commit("sha1", "DEV-1"))
    named = "SELECT task_id FROM resolved_task_references ORDER BY 1"
    assert store.rows(named) == [("aaa",), ("bbb",), ("ccc",)]
    store.load(COMMITS, repository_workspaces={"r": "100", "*": "200", "rr*": "300"})
    assert store.rows(named) == [("aaa",)]
    store.load(COMMITS, repository_workspaces={"*": "200"})
    assert store.rows(named) == [("bbb",)]
    store.load(COMMITS, commit("sha2", "https://app.clickup.com/t/300/DEV-1"))
    assert store.rows(named) == [("bbb",), ("ccc",)]
    store.load(COMMITS, repository_workspaces={})
    assert len(store.rows(named)) == 4


def test_unchanged_rows_are_not_searched_again(store: Loader) -> None:
    store.load(COMMITS, commit("sha1", "CU-abc123"), commit("sha2", "CU-abc124"))
    store.connection.execute("DELETE FROM task_references")
    store.load(COMMITS, commit("sha1", "CU-abc123"), commit("sha2", "CU-abc125"))
    assert store.rows(FOUND) == [("task_id", "abc125")]


def test_a_store_of_an_earlier_release_is_searched_again_once(store: Loader) -> None:
    store.load(COMMITS, commit("sha1", "CU 86abc1d2e"))
    store.connection.execute("UPDATE reference_rules SET extraction = 1")
    store.connection.execute("DELETE FROM task_references")
    store.load(COMMITS)
    assert store.rows(FOUND) == [("task_id", "86abc1d2e")]
    store.connection.execute("DELETE FROM task_references")
    store.load(COMMITS)
    assert store.rows(FOUND) == []


PIECES = [
    "CU-", "cu-", "CU ", "CU", "CU_", "#", "&", "-", "_", "/", "//", ".", ":", ",", "'", '"', " ",
    " ", "\n", "[", "]", "(", ")", "é", "1", "23", "a", "fix", "DEV-123", "1A-5", "86abc1d2e",
    "86abc1d2f", "abc123", "20261128", "2026-11-27", "https://app.clickup.com/t/", "/t/", "/a/",
]  # fmt: skip
UNUSUAL = " é#"
"""Names nothing, and has none of the usual forms either."""


@pytest.mark.parametrize(
    ("prefix", "hash_task_ids"), [("CU-", True), ("CU-", False), ("DEV-", True)]
)
def test_usual_forms_are_read_as_by_the_pattern_of_all(
    store: Loader, prefix: str, *, hash_task_ids: bool
) -> None:
    """The same texts with an unusual word, for which all forms are looked for, name the same."""
    source = random.Random(prefix)  # noqa: S311 - made-up texts
    texts = ["".join(source.choices(PIECES, k=source.randint(1, 9))) for _ in range(2_000)]
    store.load(
        COMMITS,
        *(commit(f"usual {number}", text) for number, text in enumerate(texts)),
        *(commit(f"all {number}", text + UNUSUAL) for number, text in enumerate(texts)),
        task_id_prefix=prefix,
        hash_task_ids=hash_task_ids,
    )
    found = """
        SELECT split_part(object_key, ' ', 2)::integer, kind, reference, workspace_id, ordinal
        FROM task_references WHERE starts_with(object_key, %s) ORDER BY 1, 2, 3
    """
    usual = store.connection.execute(found, ["usual "]).fetchall()
    assert len(usual) > 600
    assert usual == store.connection.execute(found, ["all "]).fetchall()
