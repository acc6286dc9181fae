"""When a space is walked again, and what the state keeps of a walk."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tap_clickup.errors import ConfigurationError
from tap_clickup.validation import validate_state
from tap_clickup.walks import SpaceWalk, hash_lists, saved_archives, saved_walks

WALKED_AT = datetime(2026, 3, 1, 12, 34, 56, tzinfo=UTC)
WALK = SpaceWalk(WALKED_AT, hash_lists(["31", "32"], {"32"}), is_archived=False, webhook_id="hook")
SPACE_IDS = [str(90_000_000_000 + number) for number in range(60)]


def is_current(
    walk: SpaceWalk, space_id: str = "11", *, after: timedelta = timedelta(seconds=1)
) -> bool:
    now = WALKED_AT + after
    return walk.is_current(space_id, is_archived=False, webhook_ids=["hook", "other"], now=now)


def test_a_walk_is_current_while_the_same_webhook_covers_the_space() -> None:
    assert is_current(WALK)
    now = WALKED_AT + timedelta(seconds=1)
    for webhook_ids in ([], ["other"]):
        assert not WALK.is_current("11", is_archived=False, webhook_ids=webhook_ids, now=now)
    assert not WALK.is_current("11", is_archived=True, webhook_ids=["hook"], now=now)


def test_a_walk_without_webhook_or_with_a_denied_part_is_not_current() -> None:
    assert not is_current(SpaceWalk(WALKED_AT, "", is_archived=False, webhook_id=None))
    assert not is_current(SpaceWalk(None, "", is_archived=False, webhook_id="hook"))


def test_each_space_is_walked_once_within_an_hour_and_five_minutes() -> None:
    for space_id in SPACE_IDS:
        assert is_current(WALK, space_id, after=timedelta(minutes=4))
        assert not is_current(WALK, space_id, after=timedelta(hours=1, minutes=5))
    assert not is_current(WALK, after=timedelta(seconds=-1))


def test_hourly_walks_are_spread_over_the_polls_of_an_hour() -> None:
    quarters = [timedelta(minutes=minutes) for minutes in (15, 30, 45, 60)]
    due = [sum(not is_current(WALK, space_id, after=age) for space_id in SPACE_IDS)
           for age in quarters]  # fmt: skip
    new_in_quarter = [due[0], due[1] - due[0], due[2] - due[1], due[3] - due[2]]
    assert due[-1] == len(SPACE_IDS)
    assert min(new_in_quarter) >= 8
    assert max(new_in_quarter) <= 24


def test_a_walk_knows_its_lists_whether_archived_or_not() -> None:
    assert [WALK.includes_list(list_id) for list_id in ("31", "32", "33")] == [True, True, False]


def test_lists_are_hashed_with_whether_they_are_archived() -> None:
    assert hash_lists(["32", "31"], {"32"}) == WALK.lists
    assert hash_lists(["31", "32"], {"31"}) != WALK.lists
    assert len(WALK.lists) == 8


def test_a_walk_survives_the_state() -> None:
    assert saved_walks({"walks": {"11": WALK.to_state()}}) == {"11": WALK}


def test_a_state_of_an_earlier_version_has_no_walks() -> None:
    state = {"lists": "0123456789abcdef", "archives": "fedcba9876543210"}
    assert (saved_walks(state), saved_archives(state)) == ({}, {})


@pytest.mark.parametrize(
    "walk",
    [{"at": "yesterday", "lists": ""}, {"at": None}, {"at": None, "lists": 3}, 5, None],
    ids=str,
)
def test_a_walk_of_another_form_is_refused(walk: object) -> None:
    partition = {"context": {"workspace_id": "1"}, "walks": {"11": walk}}
    with pytest.raises(ConfigurationError, match="state"):
        validate_state({"bookmarks": {"tasks": {"partitions": [partition]}}})
