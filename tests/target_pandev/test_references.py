"""Task ids in branches and commits, and the views that join them with tasks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from target_pandev.database import ReferenceRules, Store
from target_pandev.sql import read_views
from tests.support.waiting import wait_until
from tests.target_pandev.git_messages import BRANCHES, COMMITS, FOUND, TASKS, branch, commit, task
from tests.target_pandev.loading import record, schema

if TYPE_CHECKING:
    from tests.target_pandev.loading import Loader


def test_ids_of_all_kinds_are_numbered_in_the_order_of_the_text(store: Loader) -> None:
    text = "DEV-12 https://app.clickup.com/t/86zz CU-abc DEV-1 CU-abc DEV-12"
    store.load(COMMITS, commit("sha1", text))
    assert store.rows("SELECT reference FROM task_references ORDER BY ordinal") == [
        ("DEV-12",),
        ("86zz",),
        ("abc",),
        ("DEV-1",),
    ]


def test_a_custom_id_is_found_even_if_its_letters_are_the_prefix(store: Loader) -> None:
    store.load(COMMITS, commit("sha1", "dev-123 DEV-abc1"), task_id_prefix="DEV-")
    store.load(TASKS, task("x1y2z3", custom_id="DEV-123"), task_id_prefix="DEV-")
    assert store.rows(
        "SELECT reference, task_id FROM resolved_task_references ORDER BY ordinal, kind"
    ) == [("DEV-123", "x1y2z3"), ("123", None), ("abc1", None)]


def test_an_address_names_the_task_of_its_workspace_and_no_other(store: Loader) -> None:
    store.load(COMMITS, commit("sha1", "https://app.clickup.com/t/100/DEV-1"))
    twins = [("100", "aaa"), ("200", "bbb")]
    store.load(TASKS, *[task(key, workspace_id=w, custom_id="DEV-1") for w, key in twins])
    assert store.rows("SELECT workspace_id, task_id FROM task_activity") == [("100", "aaa")]


def test_a_custom_id_of_two_workspaces_is_ambiguous(store: Loader) -> None:
    """Both tasks are shown and flagged; a task that is also named by its own id is not."""
    store.load(COMMITS, commit("sha1", "DEV-1"), commit("sha2", "DEV-1 CU-aaa"))
    twins = [("100", "aaa"), ("200", "bbb")]
    store.load(TASKS, *[task(key, workspace_id=w, custom_id="DEV-1") for w, key in twins])
    assert store.rows(
        "SELECT reference, task_id, is_ambiguous FROM resolved_task_references "
        "WHERE object_key = 'sha2' ORDER BY reference, task_id"
    ) == [("DEV-1", "aaa", True), ("DEV-1", "bbb", True), ("aaa", "aaa", False)]
    activity = "SELECT sha, task_id, is_ambiguous FROM task_activity ORDER BY sha, task_id"
    assert store.rows(activity) == [
        ("sha1", "aaa", True),
        ("sha1", "bbb", True),
        ("sha2", "aaa", False),
        ("sha2", "bbb", True),
    ]
    deleted = {"_sdc_deleted_at": "2026-03-02T00:00:00+00:00"}
    store.load(TASKS, task("bbb", workspace_id="200", **deleted))
    assert store.rows(activity) == [("sha1", "aaa", False), ("sha2", "aaa", False)]


def test_references_are_found_in_the_first_100000_characters(
    store: Loader,
) -> None:
    text = " ".join(f"CU-{n:06}" for n in range(100_000))
    store.load(COMMITS, commit("sha1", text))
    assert store.rows(
        "SELECT count(*), max(reference) FROM task_references WHERE kind = 'task_id'"
    ) == [(10_000, "009999")]


def test_an_id_that_is_cut_after_100000_characters_does_not_count(store: Loader) -> None:
    """Its first part may be the id of another task."""
    filler = "x " * 49_989
    store.load(
        COMMITS,
        commit("sha1", f"{filler} CU-86abc1 CU-86ABC2d2e"),
        commit("sha2", f"{filler} DEV-12 https://app.clickup.com/t/86abc3"),
        commit("sha3", f"CU-86abc4 {'x' * 99_990}DEV-12"),
    )
    assert store.rows("SELECT object_key, reference FROM task_references ORDER BY 1, 2") == [
        ("sha1", "86abc1"),
        ("sha2", "DEV-12"),
        ("sha3", "86abc4"),
    ]


def test_a_load_during_a_prefix_change_leaves_no_old_reference(
    store: Loader, database: str
) -> None:
    """The load is held up before its end; the change has to wait for it."""
    store.load(COMMITS)
    waiting = (
        "SELECT l.locktype FROM pg_locks AS l INNER JOIN pg_database AS d ON d.oid = l.database "
        "WHERE NOT l.granted AND d.datname = current_database() ORDER BY l.locktype"
    )
    with ThreadPoolExecutor(2) as pool, Store(database, schema="pandev") as other:
        with psycopg.connect(database) as held:
            held.execute("LOCK TABLE pandev.task_references IN SHARE MODE")
            loading = pool.submit(store.load, COMMITS, commit("s", "CU-abc123 T-def456"))
            wait_until(lambda: store.rows(waiting) == [("relation",)] or loading.done())
            assert not loading.done()
            rules = ReferenceRules("T-", hash_task_ids=False)
            changing = pool.submit(other.apply_reference_rules, rules)
            both = [("advisory",), ("relation",)]
            wait_until(lambda: len(store.rows(waiting)) == len(both) or changing.done())
            assert store.rows(waiting) == both
            assert not changing.done()
        loading.result()
        changing.result()
    assert store.rows(FOUND) == [("task_id", "def456")]


def test_a_branch_name_and_the_whole_message_are_looked_through(store: Loader) -> None:
    store.load(BRANCHES, branch("CU-abc123_work"))
    store.load(COMMITS, commit("sha1", "title\n\nbody\n\nRefs: CU-def456\n"))
    assert store.rows(
        "SELECT repository_id, source, object_key, reference FROM task_references "
        "ORDER BY reference"
    ) == [("r", "branch", "CU-abc123_work", "abc123"), ("r", "commit", "sha1", "def456")]


def test_a_task_that_arrives_after_its_commit_gets_joined(store: Loader) -> None:
    store.load(COMMITS, commit("sha1", "CU-abc123 work"))
    unresolved = store.rows("SELECT reference, task_id FROM resolved_task_references")
    store.load(TASKS, task("abc123"))
    resolved = store.rows("SELECT reference, task_id FROM resolved_task_references")
    assert (unresolved, resolved) == ([("abc123", None)], [("abc123", "abc123")])


def test_text_that_resembles_a_custom_id_is_not_a_reference(store: Loader) -> None:
    store.load(COMMITS, commit("sha1", "UTF-8, SHA-256, PROJ-7 and DEV-123"))
    store.load(TASKS, task("abc123", custom_id="DEV-123"))
    assert store.rows("SELECT reference, task_id FROM resolved_task_references") == [
        ("DEV-123", "abc123")
    ]


def test_another_prefix_has_all_commits_looked_through_again(store: Loader) -> None:
    """R118: `CU-` is the default only."""
    store.load(COMMITS, commit("sha1", "T.abc123 and CU-def456 and Txabc123"))
    store.load(COMMITS, commit("sha2", "nothing"), task_id_prefix="T.")
    assert store.rows(FOUND) == [("task_id", "abc123")]


def test_only_another_rule_is_logged(store: Loader, caplog: pytest.LogCaptureFixture) -> None:
    """Not that the first load of a store without rows sets its rules."""
    caplog.set_level("INFO")
    store.load(COMMITS, commit("sha1", "T.abc123"))
    assert "by new rules" not in caplog.text
    store.load(COMMITS, task_id_prefix="T.")
    assert "by new rules" in caplog.text


def test_a_run_that_names_no_rule_keeps_the_stored_ones(store: Loader) -> None:
    """A process without these settings does not extract all references again."""
    store.load(
        COMMITS,
        commit("sha1", "T.abc123 and CU-def456, #86c7mc19h"),
        task_id_prefix="T.",
        hash_task_ids=False,
    )
    store.load(COMMITS, commit("sha2", "T.abc124 and CU-def457, #86c7mc19i"), hash_task_ids=True)
    store.load(COMMITS, commit("sha3", "T.abc125 and CU-def458, #86c7mc19j"))
    rules = "SELECT task_id_prefix, hash_task_ids FROM reference_rules"
    assert store.rows(rules) == [("T.", True)]
    assert store.rows("SELECT reference FROM task_references ORDER BY 1") == [
        (task_id,)
        for task_id in ("86c7mc19h", "86c7mc19i", "86c7mc19j", "abc123", "abc124", "abc125")
    ]


def test_ids_after_a_hash_count_where_the_setting_says_so(store: Loader) -> None:
    store.load(COMMITS, commit("sha1", "#86c7mc19h, x#86c7mc19i, #1234"), hash_task_ids=False)
    assert store.rows(FOUND) == []
    store.load(COMMITS, hash_task_ids=True)
    assert store.rows(FOUND) == [("task_id", "86c7mc19h")]


def test_task_activity_shows_tasks_next_to_their_commits_and_branches(store: Loader) -> None:
    """R45, R117, R119, R120, R123, D3: ids in git data are joined with tasks."""
    store.load(
        TASKS,
        task("abc123", name="Log in", status="review", status_type="custom", url="https://u"),
        task("zzz999", name="Untouched"),
    )
    who = {"author_name": "User 1", "author_email": " User1@Example.com "}
    store.load(
        COMMITS,
        commit("sha1", "CU-abc123 first\nmore", committed_at="2026-01-02T03:04:05+01:00", **who),
        commit("sha2", "tidy", committed_at="2026-01-03T00:00:00Z", **who),
    )
    store.load(BRANCHES, branch("CU-abc123_x", head="sha2"))
    assert store.rows(
        "SELECT task_id, task_name, status, status_group, task_url, source, object_key, title, "
        "sha, author_name, author_email, occurred_at FROM task_activity ORDER BY occurred_at"
    ) == [
        ("abc123", "Log in", "review", "IN_PROGRESS", "https://u", "commit", "sha1",
         "CU-abc123 first", "sha1", "User 1", "user1@example.com",
         datetime(2026, 1, 2, 2, 4, 5, tzinfo=UTC)),
        ("abc123", "Log in", "review", "IN_PROGRESS", "https://u", "branch", "CU-abc123_x",
         "CU-abc123_x", "sha2", "User 1", "user1@example.com",
         datetime(2026, 1, 3, tzinfo=UTC)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("status_type", "group"),
    [
        ("open", "OPEN"),
        ("unstarted", "OPEN"),
        ("custom", "IN_PROGRESS"),
        ("done", "CLOSED"),
        ("closed", "CLOSED"),
        ("removed", "UNDEFINED"),
        (None, "UNDEFINED"),
    ],
)
def test_the_status_group_goes_by_type_and_never_by_name(
    store: Loader, status_type: str | None, group: str
) -> None:
    """R46, R105, R106: open, in progress and closed, or UNDEFINED."""
    store.load(TASKS, task("abc123", status="closed deals", status_type=status_type))
    assert store.rows("SELECT status, status_group FROM task_overview") == [("closed deals", group)]


STATUSES = schema(
    "statuses",
    dict.fromkeys(("workspace_id", "scope_type", "scope_id", "status", "status_type"), "string"),
    ["workspace_id", "scope_type", "scope_id", "status"],
)


def status(scope: str, scope_id: str, status_type: str) -> dict[str, Any]:
    values = {"scope_type": scope, "scope_id": scope_id, "status": "Review"}
    return record("statuses", {"workspace_id": "w", "status_type": status_type, **values})


def place(stream: str, place_id: str, *, overrides: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    properties = {"workspace_id": "string", "id": "string", "override_statuses": "boolean"}
    values = {"workspace_id": "w", "id": place_id, "override_statuses": overrides}
    return schema(stream, properties, ["workspace_id", "id"]), record(stream, values)


@pytest.mark.parametrize(
    ("overriding", "group"),
    [({"l", "f"}, "OPEN"), ({"f"}, "CLOSED"), (set(), "IN_PROGRESS")],
)
def test_the_type_is_that_of_the_workflow_that_holds_for_the_list(
    store: Loader, overriding: set[str], group: str
) -> None:
    where = {"list_id": "l", "folder_id": "f", "space_id": "s"}
    store.load(TASKS, task("abc123", status="review", status_type="nonsense", **where))
    store.load(*place("lists", "l", overrides="l" in overriding))
    store.load(*place("folders", "f", overrides="f" in overriding))
    types = {"list": "open", "folder": "done", "space": "custom"}
    store.load(STATUSES, *[status(scope, scope[0], of) for scope, of in types.items()])
    assert store.rows("SELECT status_group, status_type_from_task FROM task_overview") == [
        (group, False)
    ]


def test_a_status_whose_case_changed_leaves_one_row_a_task(store: Loader) -> None:
    store.load(TASKS, task("abc123", status="review", space_id="s"))
    renamed = status("space", "s", "closed")
    renamed["record"] = {**renamed["record"], "status": "review"}
    store.load(STATUSES, status("space", "s", "custom"), renamed)
    assert store.rows("SELECT task_id, status_group FROM task_overview") == [("abc123", "CLOSED")]


@pytest.mark.parametrize("stream", ["tasks", "lists", "folders", "spaces"])
def test_what_is_deleted_and_what_hangs_below_it_shows_in_no_view(
    store: Loader, stream: str
) -> None:
    where = {"list_id": "l", "folder_id": "f", "space_id": "s"}
    store.load(TASKS, task("abc123", **where))
    for name, key in [("lists", "l"), ("folders", "f"), ("spaces", "s")]:
        store.load(*place(name, key, overrides=False))
    store.load(COMMITS, commit("sha1", "CU-abc123"))
    assert store.rows("SELECT task_id, sha FROM task_activity") == [("abc123", "sha1")]
    store.rows(f"UPDATE {stream} SET _sdc_deleted_at = now() RETURNING 1")  # noqa: S608 - of the table above
    assert store.rows("SELECT task_id, sha FROM task_activity") == []


def test_an_edited_workflow_changes_the_group_of_unedited_tasks(store: Loader) -> None:
    store.load(TASKS, task("abc123", status="review", status_type="open", space_id="s"))
    store.load(STATUSES, status("space", "s", "custom"))
    before = store.rows("SELECT status_group FROM task_overview")
    store.load(
        STATUSES, {**status("space", "s", "closed"), "time_extracted": "2026-05-01T00:00:00Z"}
    )
    assert (before, store.rows("SELECT status_group FROM task_overview")) == (
        [("IN_PROGRESS",)],
        [("CLOSED",)],
    )


def test_a_stream_without_the_fields_of_references_is_loaded(
    store: Loader,
) -> None:
    store.load(
        schema("tasks", {"workspace_id": "string", "id": "string"}, ["workspace_id", "id"]),
        task("1"),
    )
    store.load(
        schema("commits", {"repository_id": "string", "sha": "string"}, ["repository_id", "sha"]),
        record("commits", {"repository_id": "r", "sha": "sha1"}),
    )
    assert store.rows("SELECT t.id, c.sha FROM tasks t, commits c") == [("1", "sha1")]


def test_every_view_says_what_it_shows(store: Loader) -> None:
    described = store.rows(
        "SELECT c.relname, obj_description(c.oid, 'pg_class') <> '' FROM pg_class c "
        "WHERE c.relkind = 'v' AND c.relnamespace = 'pandev'::regnamespace ORDER BY c.relname"
    )
    assert described == [(view, True) for view in sorted(read_views())]
    assert described
