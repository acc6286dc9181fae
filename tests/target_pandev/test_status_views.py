"""Transitions, stays and cycle times: exact where a webhook reported them, inferred in between."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest

from tests.target_pandev.loading import record, schema
from tests.target_pandev.status_story import (
    change,
    cycle,
    hours,
    in_status,
    load,
    seen,
    transitions,
    workflow,
)

if TYPE_CHECKING:
    from tests.target_pandev.loading import Loader


def test_changes_from_webhooks_are_exact(store: Loader) -> None:
    """R70, R71, R72, R73, R74: both statuses, the timestamp and the actor are stored."""
    load(store, change(1, None, "to do"), change(3, "to do", "doing"), change(5, "doing", "done"))
    assert transitions(store) == [
        (None, "to do", 1, 1, "183"),
        ("to do", "doing", 3, 3, "183"),
        ("doing", "done", 5, 5, "183"),
    ]


USERS = schema(
    "users",
    {**dict.fromkeys(("workspace_id", "id"), "string"), "is_service_user": "boolean"},
    ["workspace_id", "id"],
)


def test_changes_by_the_service_user_are_marked(store: Loader) -> None:
    """R11: of a user who is not loaded, and of an inferred change, it is not known."""
    users = [
        record("users", {"workspace_id": "900", "id": user_id, "is_service_user": is_service_user})
        for user_id, is_service_user in (("183", False), ("999", True))
    ]
    store.load(USERS, *users)
    load(store, change(1, None, "to do"))
    for by_user, user_id in (
        (change(2, "to do", "doing"), "999"),
        (change(3, "review", "done"), "998"),
    ):
        by_user["record"]["user_id"] = user_id
        load(store, by_user)
    actors = "SELECT to_status, user_id, is_service_user FROM status_transitions"
    assert store.rows(f"{actors} ORDER BY changed_at, is_inferred DESC") == [
        ("to do", "183", False),
        ("doing", "999", True),
        ("review", None, None),
        ("done", "998", None),
    ]


def test_a_read_after_each_change_adds_no_transition(store: Loader) -> None:
    load(store, seen(1, "to do"), change(3, "to do", "doing"), seen(3, "doing"))
    load(store, change(5, "doing", "done"), seen(5.5, "done"))
    assert transitions(store) == [
        (None, "to do", 0, 1, None),
        ("to do", "doing", 3, 3, "183"),
        ("doing", "done", 5, 5, "183"),
    ]


def test_a_gap_is_filled_by_an_inferred_transition_without_a_user(
    store: Loader,
) -> None:
    load(store, seen(1, "to do"), seen(4, "doing"), change(6, "review", "done"))
    assert transitions(store) == [
        (None, "to do", 0, 1, None),
        ("to do", "doing", 1, 4, None),
        ("doing", "review", 4, 6, None),
        ("review", "done", 6, 6, "183"),
    ]


STORY = (
    seen(1, "to do"),
    change(2, "to do", "doing"),
    seen(4, "review"),
    change(6, "done", "closed"),
)


@pytest.mark.parametrize("order", [*permutations(range(len(STORY)))])
def test_every_order_of_arrival_gives_the_same_answer(
    store: Loader, order: tuple[int, ...]
) -> None:
    load(store, *(STORY[index] for index in order))
    steps = [(row[0], row[1], row[3], row[4]) for row in transitions(store)]
    assert steps == [
        (None, "to do", 1, None),
        ("to do", "doing", 2, "183"),
        ("doing", "review", 4, None),
        ("review", "done", 6, None),
        ("done", "closed", 6, "183"),
    ]


def test_a_renamed_status_is_not_a_transition(store: Loader) -> None:
    load(store, seen(1, "doing", status_id="s5"), seen(2, "in progress", status_id="s5"))
    assert transitions(store) == [(None, "doing", 0, 1, None)]
    load(store, seen(3, "review"))
    assert transitions(store)[1:] == [("in progress", "review", 2, 3, None)]


def test_a_renamed_status_is_known_in_a_change_too(store: Loader) -> None:
    """A webhook names a status without its id; the list's workflow has it."""
    load(store, workflow("In Progress", status_id="s5"))
    load(store, seen(1, "doing", status_id="s5"), change(3, "in progress", "done"))
    assert transitions(store)[1:] == [("in progress", "done", 3, 3, "183")]


def test_the_same_name_in_other_case_is_not_a_transition(store: Loader) -> None:
    load(store, seen(1, "to do"), change(3, "To Do".upper(), "doing"))
    assert [row[:2] for row in transitions(store)] == [(None, "to do"), ("TO DO", "doing")]


def test_durations_last_from_transition_to_transition(store: Loader) -> None:
    """R76: time in status is derived from transitions; the current status has no end."""
    load(store, change(1, None, "to do"), change(3, "to do", "doing"), seen(6, "closed"))
    rows = store.rows(
        "SELECT status, status_group, duration_ms, ended_at IS NULL, is_inferred "
        "FROM status_durations ORDER BY started_at"
    )
    assert [row if row[2] < 10**8 else (*row[:2], "grows", *row[3:]) for row in rows] == [
        ("to do", "OPEN", 2 * 3_600_000, False, False),
        ("doing", "IN_PROGRESS", 3 * 3_600_000, False, True),
        ("closed", "CLOSED", "grows", True, True),
    ]


def test_working_time_leaves_the_weekend_out(store: Loader) -> None:
    """To do on Friday from 10:00, doing from 15:00, closed on Monday at 11:00; work is 9 to 17."""
    load(store, change(82, None, "to do"), change(87, "to do", "doing"))
    load(store, change(155, "doing", "closed"), seen(155, "closed", closed=155, created=82))
    periods = "SELECT status, duration_ms / 3.6e6, working_ms / 3.6e6 FROM status_durations "
    assert store.rows(f"{periods} WHERE ended_at IS NOT NULL ORDER BY started_at") == [
        ("to do", 5, 5),
        ("doing", 68, 4),
    ]
    assert store.rows(
        "SELECT elapsed_ms / 3.6e6, working_ms / 3.6e6, active_ms / 3.6e6, "
        "working_active_ms / 3.6e6, lead_ms / 3.6e6, working_lead_ms / 3.6e6 FROM cycle_times"
    ) == [(68, 4, 68, 4, 73, 9)]


def test_the_cycle_is_from_the_first_progress_to_the_last_close(store: Loader) -> None:
    """R75: cycle times are derived from transitions, of a reopened task until its last close."""
    load(store, seen(0, "to do"), change(3, "to do", "doing"), change(5, "doing", "done"))
    load(store, change(6, "done", "doing"), change(9, "doing", "done"))
    load(store, change(10, "done", "closed"), seen(10, "closed"))
    assert cycle(store) == [(3, 9, 6, 5, 9, 1, False, "transitions")]


def test_cycle_time_needs_a_close_and_a_time_in_progress(
    store: Loader,
) -> None:
    load(store, seen(0, "to do"), change(5, "to do", "closed"), seen(5, "closed"))
    assert cycle(store) == [(None, 5, None, None, 5, 0, False, "transitions")]
    load(store, change(7, "closed", "doing"), seen(7, "doing"))
    assert cycle(store) == []


def test_a_close_that_was_only_seen_is_marked_inferred(store: Loader) -> None:
    load(store, seen(0, "to do"), change(2, "to do", "doing"), seen(8, "closed"))
    assert cycle(store) == [(2, 8, 6, 6, 8, 0, True, "transitions")]


def test_a_status_that_is_renamed_after_a_change_to_it_is_known_too(store: Loader) -> None:
    """Its old name stays with its id in the list's workflow, marked as deleted or not."""
    load(store, workflow("doing", status_id="s5"), workflow("in progress", status_id="s5"))
    load(store, change(1, "to do", "doing"), seen(2, "in progress", status_id="s5"))
    assert transitions(store)[1:] == [("to do", "doing", 1, 1, "183")]


def test_an_inferred_transition_precedes_the_exact_one(store: Loader) -> None:
    load(store, *STORY)
    rows = store.rows("SELECT status, started_at, ended_at FROM status_durations")
    stays = {status: (hours(start), end and hours(end)) for status, start, end in rows}
    assert stays == {
        "to do": (1, 2),
        "doing": (2, 4),
        "review": (4, 6),
        "done": (6, 6),
        "closed": (6, None),
    }


def test_two_changes_in_one_millisecond_are_ordered_by_their_ids(store: Loader) -> None:
    """Ids are numbers: 10 follows 2."""
    load(store, change(1, None, "to do", number=1))
    load(store, change(3, "doing", "review", number=10), change(3, "to do", "doing", number=2))
    assert [row[:2] for row in transitions(store)] == [
        (None, "to do"),
        ("to do", "doing"),
        ("doing", "review"),
    ]
    rows = store.rows("SELECT status, ended_at IS NULL FROM status_durations ORDER BY 2, 1")
    assert rows == []  # the task itself is not known
    load(store, seen(3, "review"))
    rows = store.rows("SELECT status FROM status_durations WHERE ended_at IS NULL")
    assert rows == [("review",)]


MILLISECONDS = 1 / 3_600_000


@pytest.mark.parametrize("difference", [-5, -1, 0, 1, 5])
def test_the_date_of_a_task_may_differ_from_that_of_its_change(
    store: Loader, difference: int
) -> None:
    load(store, change(0, None, "to do", number=1), change(2, "to do", "doing", number=2))
    load(store, seen(2 + difference * MILLISECONDS, "doing"))
    load(store, change(5, "doing", "closed", number=3))
    edited = 5 + difference * MILLISECONDS
    load(store, seen(edited, "closed", closed=edited))
    assert transitions(store) == [
        (None, "to do", 0, 0, "183"),
        ("to do", "doing", 2, 2, "183"),
        ("doing", "closed", 5, 5, "183"),
    ]
    assert cycle(store) == [(2, 5, 3, 3, 5, 0, False, "transitions")]


def test_an_edit_shortly_before_a_change_is_not_after_it(store: Loader) -> None:
    load(store, seen(1, "to do"), change(1.0001, "to do", "doing"), seen(1.0001, "doing"))
    assert transitions(store) == [
        (None, "to do", 0, 1, None),
        ("to do", "doing", 1.0001, 1.0001, "183"),
    ]


def test_a_task_of_the_first_load_has_a_cycle_time_from_its_dates(store: Loader) -> None:
    """Nothing is known before it was closed, so the longest possible time is shown, as such."""
    load(store, seen(16, "closed", closed=8))
    assert transitions(store) == [(None, "closed", 8, 8, None)]
    assert cycle(store) == [(0, 8, 8, None, 8, 0, True, "dates")]


def test_a_task_was_closed_when_it_was_done_if_no_more_is_known(store: Loader) -> None:
    """ClickUp's date_done is that of the first status in the group CLOSED."""
    load(store, seen(2, "doing"), seen(16, "closed", done=5, closed=8))
    assert transitions(store)[1:] == [("doing", "closed", 5, 5, None)]
    assert cycle(store)[0][:2] == (2, 5)


@pytest.mark.parametrize(
    ("known", "names"),
    [
        ([seen(6, "done", done=5)], ["doing", "done", "closed"]),
        ([change(8, "done", "closed")], ["doing", "done", "closed"]),
        ([change(5, "doing", "done")], ["doing", "done", "closed"]),
        ([in_status("done", since=5, minutes=180)], ["doing", "closed"]),
    ],
    ids=["read", "closing reported", "done reported", "time in status"],
)
def test_what_is_known_between_done_and_closed_is_kept(
    store: Loader, known: list[dict[str, Any]], names: list[str]
) -> None:
    load(store, seen(2, "doing"), *known, seen(16, "closed", done=5, closed=8))
    assert [name for _, name, *_ in transitions(store)] == names
    assert transitions(store)[-1][3] == 8


def test_a_task_first_read_as_done_was_closed_at_its_date(store: Loader) -> None:
    """Also when a later date hides that of the first status: date_done is kept with it."""
    load(store, seen(6, "done", done=5), seen(16, "closed", done=5, closed=8))
    assert transitions(store) == [(None, "done", 0, 6, None), ("done", "closed", 8, 8, None)]
    assert cycle(store) == [(0, 5, 5, None, 5, 0, True, "dates")]


def test_a_task_first_read_as_done_may_be_closed_again(store: Loader) -> None:
    load(store, seen(6, "done", done=5), change(7, "done", "doing"), change(9, "doing", "done"))
    load(store, seen(9.0001, "done", done=9.0001))
    assert cycle(store) == [(0, 9, 9, None, 9, 1, True, "dates")]


def test_a_task_first_read_in_progress_was_at_least_so_long_in_it(store: Loader) -> None:
    load(store, seen(9, "doing"), seen(30, "closed", closed=24))
    assert transitions(store) == [
        (None, "doing", 0, 9, None),
        ("doing", "closed", 24, 24, None),
    ]
    assert cycle(store) == [(9, 24, 15, 15, 24, 0, True, "transitions")]
    ((earliest,),) = store.rows("SELECT started_after FROM cycle_times")
    assert hours(earliest) == 0


def test_time_in_status_fills_what_was_before_the_first_read(store: Loader) -> None:
    load(store, *(workflow(name) for name in ("to do", "doing", "review", "closed")))
    load(store, in_status("to do", since=0, minutes=60), in_status("doing", since=1, minutes=120))
    load(store, in_status("review", since=3, minutes=60), in_status("closed", since=4, minutes=9))
    load(store, seen(6, "closed", closed=4))
    assert transitions(store) == [
        (None, "to do", 0, 0, None),
        ("to do", "doing", 1, 1, None),
        ("doing", "review", 3, 3, None),
        ("review", "closed", 4, 4, None),
    ]
    assert cycle(store) == [(1, 4, 3, 3, 4, 0, True, "transitions")]


def test_time_in_status_has_the_types_of_the_parent_folder(store: Loader) -> None:
    """A list in a subfolder may have the statuses of the folder above it."""
    store.connection.execute(
        "INSERT INTO lists (workspace_id, id, folder_id, _sdc_extracted_at, _sdc_hash) "
        "VALUES ('900', '31', '22', now(), gen_random_uuid()); "
        "INSERT INTO folders (workspace_id, id, parent_folder_id, _sdc_extracted_at, _sdc_hash) "
        "VALUES ('900', '22', '21', now(), gen_random_uuid())"
    )
    load(store, workflow("doing"), in_status("doing", since=1, minutes=180))
    store.connection.execute("UPDATE statuses SET scope_type = 'folder', scope_id = '21'")
    load(store, seen(6, "closed", closed=4))
    assert cycle(store) == [(1, 4, 3, 3, 4, 0, True, "transitions")]


def test_time_in_status_does_not_change_what_was_read(store: Loader) -> None:
    """It sums up all visits to a status and has only the start of the last one."""
    load(store, workflow("doing"), workflow("review"))
    load(store, change(1, None, "to do"), change(2, "to do", "doing"), seen(2, "doing"))
    load(store, change(5, "doing", "review"), change(7, "review", "doing"), seen(7, "doing"))
    before = transitions(store)
    load(store, in_status("review", since=5, minutes=120), in_status("doing", since=7, minutes=9))
    assert transitions(store) == before


def test_a_status_of_another_name_and_id_is_a_change(store: Loader) -> None:
    """Also if a status of that name was renamed in another list."""
    load(store, workflow("doing", status_id="s1"), workflow("review", status_id="s1"))
    load(store, seen(1, "doing", status_id="s8"), seen(2, "review", status_id="s9"))
    assert transitions(store)[1:] == [("doing", "review", 1, 2, None)]


def test_other_changes_are_not_transitions(store: Loader) -> None:
    load(store, change(1, None, "to do"))
    moved = change(2, "to do", "doing", number=7)
    moved["record"].update(field="list_id", from_value="31", to_value="32")
    load(store, moved)
    assert transitions(store) == [(None, "to do", 1, 1, "183")]
