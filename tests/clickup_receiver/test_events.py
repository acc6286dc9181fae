"""What an event keeps of a delivery, and what it leaves out."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clickup_receiver.inbox.events import (
    EVENTS,
    Event,
    EventError,
    StatusChange,
    decode_body,
    parse_event,
    parse_webhook_id,
)
from tests.clickup_receiver.payloads import PRIVATE, WEBHOOK_ID, body, delivery, history, status
from tests.support.shapes import DELIVERIES, SOURCES, recorded_deliveries, recorded_value

CHANGE = history("status", before=status("to do", "open"), after=status("doing", "custom"))


def test_a_change_of_status_keeps_who_when_from_and_to() -> None:
    """R71 to R74."""
    assert parse_event(delivery("taskStatusUpdated", CHANGE)) == Event(
        name="taskStatusUpdated",
        webhook_id=WEBHOOK_ID,
        object_type="task",
        object_id="86a1",
        workspace_id="9001",
        has_history=True,
        changed_at="2022-01-21T03:34:33.330+00:00",
        status_changes=(
            StatusChange(
                id="2800787326392370170",
                changed_at="2022-01-21T03:34:33.330+00:00",
                list_id="162641062",
                user_id="183",
                from_status="to do",
                from_status_type="open",
                to_status="doing",
                to_status_type="custom",
            ),
        ),
    )


STORED = (
    b'{"name":"taskUpdated","webhook_id":"w","kind":"task","object_id":"86a1","has_history":true,'
    b'"latest":"2022-01-21T03:34:33.330+00:00","is_about_time":true,'
    b'"entry_starts":["2022-01-21T02:34:33.330+00:00"]}'
)


def test_the_stored_format_of_events_is_stable() -> None:
    """An inbox may contain events that an earlier version of the receiver has stored."""
    event = Event(
        name="taskUpdated",
        webhook_id="w",
        object_type="task",
        object_id="86a1",
        has_history=True,
        changed_at="2022-01-21T03:34:33.330+00:00",
        has_time_changes=True,
        time_entry_starts=("2022-01-21T02:34:33.330+00:00",),
    )
    assert msgspec.json.decode(STORED, type=Event) == event
    assert msgspec.json.encode(event) == STORED


def test_a_new_task_comes_from_no_status() -> None:
    made = history("status", before=status(None, "removed"), after=status("to do", "open"))
    event = parse_event(delivery("taskCreated", made, history("task_creation")))
    assert event is not None
    (change,) = event.status_changes
    assert (change.from_status, change.from_status_type) == (None, None)
    assert (change.to_status, change.to_status_type) == ("to do", "open")


def test_twins_of_one_change_hold_the_same_change() -> None:
    special = parse_event(delivery("taskStatusUpdated", CHANGE))
    twin = parse_event(delivery("taskUpdated", CHANGE))
    assert special is not None
    assert twin is not None
    assert special.status_changes == twin.status_changes


@pytest.mark.parametrize("missing", [None, []])
def test_no_history_and_an_empty_one_are_the_same(missing: list[Any] | None) -> None:
    event = parse_event(delivery("taskDeleted", history_items=missing))
    assert event is not None
    assert (event.has_history, event.changed_at, event.is_deletion) == (False, None, True)


def test_all_items_of_a_history_are_looked_at() -> None:
    items = [history("duration", number="1", date="1642736073331"), CHANGE]
    event = parse_event(delivery("taskUpdated", *items))
    assert event is not None
    assert [change.id for change in event.status_changes] == ["2800787326392370170"]
    assert event.changed_at == "2022-01-21T03:34:33.331+00:00"


def test_ids_come_as_numbers_as_text_and_as_uuids() -> None:
    """Lists have UUIDs for history ids, and users come as text in some deliveries."""
    renamed = history("name", number="8a2f82db-7718-4fdb-9493-4849e67f009d", type=6)
    event = parse_event(delivery("listUpdated", renamed, list_id=162641285, team_id=9001))
    assert event is not None
    assert (event.object_type, event.object_id, event.workspace_id) == ("list", "162641285", "9001")
    as_text = parse_event(delivery("taskUpdated", {**CHANGE, "user": {"id": "183"}, "type": "1"}))
    assert as_text is not None
    assert as_text.status_changes[0].user_id == "183"


def test_a_deliverys_time_is_told_from_other_changes() -> None:
    spent = history("time_spent", after={"id": "5", "time": "900000"})
    for name, item, expected in (
        ("taskTimeTrackedUpdated", spent, True),
        ("taskUpdated", spent, True),
        ("taskUpdated", CHANGE, False),
    ):
        event = parse_event(delivery(name, item))
        assert event is not None
        assert event.has_time_changes is expected


@pytest.mark.parametrize("name", ["goalCreated", "taskCommentPosted", "somethingNew2027", ""])
def test_what_we_do_not_read_is_no_event(name: str) -> None:
    """Comments and goals are not subscribed to; a new name may arrive without warning."""
    assert parse_event(delivery(name, history("comment"))) is None


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_holds_no_text_that_people_wrote(name: str) -> None:
    """R53, R54, R89, R91: descriptions, comments, names and e-mails stay behind."""
    noise: dict[str, Any] = {"before": PRIVATE, "after": {"text_content": PRIVATE, "id": PRIVATE}}
    items = [
        history(field, number=str(number), **noise)
        for number, field in enumerate(("content", "comment", "custom_field", "attachments"))
    ]
    places = {"list_id": "1", "folder_id": "2", "space_id": "3", "data": {"description": PRIVATE}}
    event = parse_event(delivery(name, CHANGE, *items, name=PRIVATE, **places))
    kept = msgspec.json.encode(event)
    assert PRIVATE.encode() not in kept
    assert b"example.com" not in kept
    assert msgspec.json.decode(kept, type=Event) == event


def test_a_text_that_was_cut_within_a_character_does_not_cost_the_change_beside_it() -> None:
    change = {**CHANGE, "after": status("fertig \ud83d", "done"), "comment": "\ud83d"}
    event = parse_event(decode_body(body("taskUpdated", change)))
    assert event is not None
    assert event.status_changes[0].to_status == "fertig ?"


@pytest.mark.parametrize(
    ("given_body", "reason"),
    [
        (b"", "the body is not JSON"),
        (b"\xff\xfe", "the body is not JSON"),
        (b'{"event": "\xff"}', "the body is not JSON"),
        (b"\xef\xbb\xbf{}", "the body is not JSON"),
        (b'{"event": NaN}', "the body is not JSON"),
        (b"[" * 10_000 + b"]" * 10_000, "the body is not JSON"),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "the body is not JSON"),
        (b"[]", "the body is not a JSON object"),
        (b"null", "the body is not a JSON object"),
    ],
)
def test_a_body_that_is_no_object_is_refused(given_body: bytes, reason: str) -> None:
    with pytest.raises(EventError, match=f"^{reason}$"):
        decode_body(given_body)


@pytest.mark.parametrize(
    ("given_delivery", "reason"),
    [
        ({"auto_id": "1", "date": "2026-01-01", "payload": {}}, "event: expected a name"),
        (delivery("taskUpdated", task_id=None), "task_id: expected an id"),
        (delivery("taskUpdated", task_id=""), "task_id: expected an id"),
        (delivery("taskUpdated", task_id=True), "task_id: expected an id"),
        (delivery("taskUpdated", task_id=10**5000), "task_id: expected an id"),
        (delivery("taskUpdated", task_id="8" * 129), "task_id: expected an id"),
        (delivery("taskUpdated", task_id="86\x00a"), "task_id: expected an id"),
        (delivery("listUpdated"), "list_id: expected an id"),
        (delivery("taskUpdated", webhook_id=None), "webhook_id: expected an id"),
        (delivery("taskUpdated", history_items={"a": 1}), "history_items: expected a list"),
        (
            delivery("taskUpdated", {**CHANGE, "date": "soon"}),
            "history_items: a status change lacks its id or its date",
        ),
    ],
)
def test_a_delivery_that_lacks_what_is_needed_is_refused_by_its_key(
    given_delivery: dict[str, Any], reason: str
) -> None:
    with pytest.raises(EventError, match=f"^{reason}$"):
        parse_event(given_delivery)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
ITEM = st.fixed_dictionaries(
    {},
    optional={
        key: JSON | st.sampled_from(["status", "time_spent", "1642736073330"])
        for key in ("id", "date", "field", "parent_id", "user", "before", "after")
    },
)
DELIVERY = st.fixed_dictionaries(
    {"event": st.sampled_from([*EVENTS, "goalCreated"]) | JSON},
    optional={
        "history_items": st.lists(ITEM | JSON) | JSON,
        **{
            key: st.just("1") | JSON
            for key in ("task_id", "list_id", "folder_id", "space_id", "webhook_id", "team_id")
        },
    },
)


@given(DELIVERY)
def test_any_delivery_is_an_event_or_none_or_refused_and_what_is_kept_is_json(
    given_delivery: dict[str, Any],
) -> None:
    try:
        event = parse_event(given_delivery)
    except EventError:
        return
    if event:
        assert msgspec.json.decode(msgspec.json.encode(event), type=Event) == event


@given(st.binary())
def test_any_bytes_are_an_object_or_refused(given_body: bytes) -> None:
    try:
        parse_webhook_id(decode_body(given_body))
    except EventError:
        return
    raise AssertionError("random bytes named a webhook")


def test_a_body_is_decoded_to_its_delivery() -> None:
    assert decode_body(body("taskUpdated", CHANGE)) == delivery("taskUpdated", CHANGE)


def recorded_event(place: str, source: str) -> dict[str, Any] | None:
    """Return a recorded delivery, or None for fragments of one."""
    recorded = recorded_value(place, source)
    if not isinstance(recorded, dict) or "event" not in recorded:
        return None
    if source == "fixture":  # a shape has no values: the folder is named for the event
        recorded["event"] = place.split("/", maxsplit=1)[0].removeprefix(DELIVERIES)
        for item in recorded.get("history_items", ()):
            if recorded["event"] == "taskStatusUpdated":
                item["field"] = "status"
    return recorded


@pytest.mark.parametrize("source", SOURCES)
def test_every_recorded_delivery_is_understood(source: str) -> None:
    object_types: dict[str, set[str | None]] = {}
    for place in recorded_deliveries():
        if recorded := recorded_event(place, source):
            event = parse_event(recorded)
            object_types.setdefault(recorded["event"], set()).add(
                event.object_type if event else None
            )
            if recorded["event"] == "taskStatusUpdated":
                assert event is not None
                assert event.status_changes
    ignored = {name: {None} for name in object_types.keys() - EVENTS.keys()}
    assert ignored
    assert object_types == {name: {EVENTS[name]} for name in EVENTS} | ignored
