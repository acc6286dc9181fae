"""A lost permission is not a mass deletion: more than a share is never marked unasked."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.exceptions import ConfigValidationError

from target_pandev.errors import RejectedRecordsError
from tests.target_pandev.loading import COMPLETED_READS, MARKS, TASKS, at, completed, schema, task
from tests.target_pandev.loading import record as record_of

if TYPE_CHECKING:
    from tests.target_pandev.loading import Loader

MARKED = "SELECT id FROM {} WHERE _sdc_deleted_at IS NOT NULL ORDER BY id"
HELP = (
    "nothing was marked; check that the token can still read all of them; "
    "if they were really deleted, run once with max_deleted_share 1"
)


def names(count: int) -> list[str]:
    """Return ids that sort in their order."""
    return [f"{n:02}" for n in range(count)]


def let_a_day_pass(store: Loader) -> None:
    """Move what was counted into the past."""
    store.rows(
        "UPDATE recent_deletions SET deleted_at = deleted_at - interval '24 hours' RETURNING 1"
    )


def workspace(store: Loader, tasks: int) -> list[str]:
    """Load tasks into the workspace of all completed reads, and one into another."""
    store.load(TASKS, *map(task, names(tasks)), task("x", workspace="901"))
    return names(tasks)


def test_a_read_missing_more_than_a_fifth_of_the_rows_marks_nothing(
    store: Loader, caplog: pytest.LogCaptureFixture
) -> None:
    tasks = workspace(store, 50)
    with pytest.raises(RejectedRecordsError, match="1 record was rejected"):
        store.load(COMPLETED_READS, completed("tasks", tasks[11:], started="11:00"))
    assert store.rows(MARKED.format("tasks")) == []
    assert store.rows("SELECT * FROM completed_reads") == []
    reason = (
        "11 of 50 rows of tasks in this scope would be marked as deleted, "
        f"more than max_deleted_share 0.2 allows; {HELP}"
    )
    assert store.rows("SELECT stream, key, field, reason FROM rejected_records") == [
        ("completed_reads", '["900","tasks","all"]', None, reason)
    ]
    assert reason in caplog.text


def test_a_read_that_misses_a_fifth_of_the_rows_marks_them(store: Loader) -> None:
    tasks = workspace(store, 55)
    store.load(COMPLETED_READS, completed("tasks", tasks[11:], started="11:00"))
    assert store.rows(MARKED.format("tasks")) == [(name,) for name in tasks[:11]]


def test_ten_rows_are_marked_whatever_their_share(store: Loader) -> None:
    tasks = workspace(store, 10)
    store.load(COMPLETED_READS, completed("tasks", [], started="11:00"))
    assert store.rows(MARKED.format("tasks")) == [(name,) for name in tasks]


def test_ten_rows_per_day_are_marked_beyond_the_share(store: Loader) -> None:
    tasks = workspace(store, 16)
    slices = [tasks[n : n + 4] for n in range(0, 16, 4)]
    reads = [
        completed(
            "tasks", [], scope=str(n), started="11:00", where={"id": {"in": of}}, workspace_id="900"
        )
        for n, of in enumerate(slices)
    ]
    for _ in range(2):
        with pytest.raises(RejectedRecordsError, match="2 records were rejected"):
            store.load(COMPLETED_READS, *reads)
        assert store.rows(MARKED.format("tasks")) == [(name,) for name in tasks[:8]]
    let_a_day_pass(store)
    store.load(COMPLETED_READS, *reads)
    assert store.rows(MARKED.format("tasks")) == [(name,) for name in tasks]


def test_rows_within_the_share_leave_the_ten_to_others(store: Loader) -> None:
    tasks = workspace(store, 60)
    few = completed("tasks", [], scope="few", started="11:00", where={"id": {"in": tasks[50:]}})
    many = completed("tasks", tasks[12:], scope="many", started="11:00")
    store.load(COMPLETED_READS, many, few)
    assert store.rows(MARKED.format("tasks")) == [(name,) for name in tasks[:12] + tasks[50:]]


def test_rows_that_are_marked_already_do_not_count(store: Loader) -> None:
    tasks = workspace(store, 60)
    for number, started in enumerate(["11:00", "12:00", "13:00"], start=1):
        read = completed("tasks", tasks[10 * number :], started=started)
        store.load(COMPLETED_READS, read)
        let_a_day_pass(store)
    with pytest.raises(RejectedRecordsError):
        store.load(COMPLETED_READS, completed("tasks", tasks[41:], started="14:00"))
    assert store.rows(MARKED.format("tasks")) == [(name,) for name in tasks[:30]]
    assert store.rows("SELECT reason ~ '^11 of 30 ' FROM rejected_records") == [(True,)]


@pytest.mark.parametrize("runs", [1, 24])
@pytest.mark.parametrize("is_one_scope", [True, False])
def test_the_share_holds_over_a_day(store: Loader, *, runs: int, is_one_scope: bool) -> None:
    """Reads that each miss a fifth of the rest: in a run or in many, of a scope or of several."""
    tasks = workspace(store, 200)
    left = list(tasks)
    reads = []
    for number in range(24):
        left = left[len(left) // 6 :]
        scope = "all" if is_one_scope else str(number)
        reads.append(completed("tasks", left, scope=scope, started=f"11:{number:02}"))
    per_run = len(reads) // runs
    for number in range(runs):
        part = reads[number * per_run : (number + 1) * per_run]
        store.load(COMPLETED_READS, *part, fail_on_rejected_records=False)
    assert store.rows(MARKED.format("tasks")) == [(name,) for name in tasks[:33]]
    reason = (
        "27 of 167 rows of tasks in this scope would be marked as deleted, in addition to 33 in "
        f"the last 24 hours, more than max_deleted_share 0.2 allows; {HELP}"
    )
    assert (reason,) in store.rows("SELECT reason FROM rejected_records") or is_one_scope
    let_a_day_pass(store)
    store.load(COMPLETED_READS, completed("tasks", tasks[60:], started="12:00"))
    assert store.rows(MARKED.format("tasks")) == [(name,) for name in tasks[:60]]
    assert store.rows("SELECT count FROM recent_deletions") == [(27,)]


def test_the_share_of_a_scope_holds_over_a_day(store: Loader) -> None:
    tasks = workspace(store, 500)
    few = {"id": {"in": tasks[:100]}}
    for number, left in enumerate([80, 64, 51]):
        read = completed("tasks", tasks[100 - left : 100], started=f"11:0{number}", where=few)
        store.load(COMPLETED_READS, read, fail_on_rejected_records=False)
    assert store.rows(MARKED.format("tasks")) == [(name,) for name in tasks[:20]]


def test_workspaces_and_streams_have_limits_of_their_own(store: Loader) -> None:
    tasks = workspace(store, 50)
    store.rows("DELETE FROM tasks WHERE id = 'x' RETURNING id")
    others = [record_of("lists", {"workspace_id": "900", "id": name}) for name in names(10)]
    of = schema("lists", {"workspace_id": "string", "id": "string"}, ["workspace_id", "id"])
    store.load(COMPLETED_READS, completed("tasks", tasks[10:], started="11:00"))
    store.load(TASKS, *(task(name, workspace="901") for name in tasks))
    store.load(COMPLETED_READS, completed("tasks", tasks[10:], started="11:00", workspace_id="901"))
    store.load(of, *others, COMPLETED_READS, completed("lists", [], started="11:00"))
    assert store.rows(MARKED.format("lists")) == [(name,) for name in names(10)]
    counted = "SELECT workspace_id, stream, count::int FROM recent_deletions ORDER BY 1, 2"
    assert store.rows(counted) == [("900", "tasks", 10), ("901", "tasks", 10)]


def test_deletions_of_a_run_with_share_1_are_not_counted(store: Loader) -> None:
    tasks = workspace(store, 200)
    store.load(
        COMPLETED_READS, completed("tasks", tasks[50:], started="11:00"), max_deleted_share=1
    )
    store.load(COMPLETED_READS, completed("tasks", tasks[70:], started="12:00"))
    assert store.rows(MARKED.format("tasks")) == [(name,) for name in sorted(tasks[:70])]


def test_concurrent_reads_are_counted_one_after_the_other(store: Loader) -> None:
    """Each would use half of the ten rows that are allowed beyond the share."""
    tasks = workspace(store, 100)
    slices = [tasks[n : n + 10] for n in range(0, 100, 10)]
    reads = [
        completed("tasks", of[5:], scope=of[0], started="11:00", where={"id": {"in": of}})
        for of in slices
    ]

    def load_read(read: dict[str, Any]) -> None:
        store.load(COMPLETED_READS, read, fail_on_rejected_records=False)

    with ThreadPoolExecutor(len(reads)) as pool:
        list(pool.map(load_read, reads))
    assert len(store.rows(MARKED.format("tasks"))) == 10


@pytest.mark.parametrize("share", [1, "1", "1.0"], ids=repr)
def test_what_was_refused_is_marked_once_the_share_is_raised(store: Loader, share: Any) -> None:
    tasks = workspace(store, 20)
    read = completed("tasks", [], started="11:00")
    store.load(COMPLETED_READS, read, fail_on_rejected_records=False)
    assert store.rows(MARKED.format("tasks")) == []
    store.load(COMPLETED_READS, read, max_deleted_share=share)
    assert store.rows(MARKED.format("tasks")) == [(name,) for name in tasks]


def test_a_repeated_refusal_is_one_row_until_a_read_is_applied(store: Loader) -> None:
    """Also for those that an earlier version stored with the hash of the whole record."""
    tasks = workspace(store, 20)
    other = completed("tasks", [], scope="other", started="11:00", workspace_id="902", count=1)
    earlier = "('completed_reads', gen_random_uuid(), '[\"900\",\"tasks\",\"all\"]', 'r', now())"
    store.connection.execute(
        "INSERT INTO rejected_records (stream, record_hash, key, reason, rejected_at) "  # noqa: S608 - ours
        f"VALUES {earlier}".encode()
    )
    reads = [completed("tasks", tasks[15:], started=f"1{hour}:00") for hour in (1, 2, 3)]
    for read in reads:
        store.load(COMPLETED_READS, read, other, fail_on_rejected_records=False)
    refused = "SELECT key, record->>'started_at' FROM rejected_records ORDER BY rejected_at"
    assert store.rows(refused) == [
        ('["900","tasks","all"]', None),
        ('["902","tasks","other"]', "2026-03-01T11:00:00+00:00"),
        ('["900","tasks","all"]', "2026-03-01T13:00:00+00:00"),
    ]
    store.load(COMPLETED_READS, completed("tasks", tasks[5:], started="14:00"))
    assert store.rows(refused) == [('["902","tasks","other"]', "2026-03-01T11:00:00+00:00")]


@pytest.mark.parametrize("share", [1.5, -1, "20 %", "2", True])
def test_invalid_share_is_rejected(store: Loader, share: Any) -> None:
    with pytest.raises(ConfigValidationError) as error:
        store.load(COMPLETED_READS, max_deleted_share=share)
    assert [text.partition(": ")[0] for text in error.value.errors] == ["max_deleted_share"]


CONTAINERS = [("spaces", "space_id"), ("folders", "folder_id"), ("lists", "list_id")]


def containers(store: Loader, stream: str, column: str, **sizes: int) -> None:
    """Load containers with these numbers of tasks, by default three."""
    sizes = sizes or {"empty": 0, "few": 11, "most": 29}
    of = {"workspace_id": "string", "id": "string"}
    key = ["workspace_id", "id"]
    tasks = schema("tasks", {**of, column: "string"}, key)
    places = [name for name, size in sizes.items() for _ in range(size)]
    store.load(
        schema(stream, of, key),
        *[record_of(stream, {"workspace_id": "900", "id": name}) for name in sizes],
        tasks,
        *[
            record_of("tasks", {"workspace_id": "900", "id": name, column: place})
            for name, place in zip(names(len(places)), places, strict=True)
        ],
    )


@pytest.mark.parametrize(("stream", "column"), CONTAINERS)
def test_what_counts_of_a_container_is_its_tasks(store: Loader, stream: str, column: str) -> None:
    containers(store, stream, column)
    store.load(COMPLETED_READS, completed(stream, ["few", "most"], started="11:00"))
    assert store.rows(MARKED.format(stream)) == [("empty",)]
    with pytest.raises(RejectedRecordsError):
        store.load(COMPLETED_READS, completed(stream, ["most"], started="12:00"))
    assert store.rows(MARKED.format(stream)) == [("empty",)]
    reason = (
        f"11 of 40 tasks are in {stream} that would be marked as deleted, "
        f"more than max_deleted_share 0.2 allows; {HELP}"
    )
    assert store.rows("SELECT reason FROM rejected_records") == [(reason,)]


def test_ten_tasks_may_go_with_their_list(store: Loader) -> None:
    containers(store, "lists", "list_id")
    store.rows("DELETE FROM tasks WHERE list_id = 'most' OR id = '00' RETURNING id")
    store.load(COMPLETED_READS, completed("lists", ["most", "empty"], started="11:00"))
    assert store.rows(MARKS.format("lists")) == [
        ("empty", None),
        ("few", at("11:00")),
        ("most", None),
    ]


def test_tasks_of_containers_count_over_a_day(store: Loader) -> None:
    """The tasks of a list that was deleted before are still stored."""
    containers(store, "lists", "list_id", few=15, most=15, rest=70)
    store.load(COMPLETED_READS, completed("lists", ["most", "rest"], started="11:00"))
    with pytest.raises(RejectedRecordsError):
        store.load(COMPLETED_READS, completed("lists", ["rest"], started="12:00"))
    assert store.rows(MARKED.format("lists")) == [("few",)]
