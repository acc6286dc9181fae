"""Which parts of a delivery an event contains, and which it must not contain."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clickup_receiver.inbox.events import (
    EVENTS,
    Event,
    EventError,
    TaskChange,
    decode_body,
    parse_event,
    parse_webhook_id,
)
from tests.clickup_receiver.payloads import PRIVATE, WEBHOOK_ID, body, delivery, history, status
from tests.support.shapes import DELIVERIES, SOURCES, recorded_deliveries, recorded_value

CHANGE = history("status", before=status("to do", "open"), after=status("doing", "custom"))


def test_a_status_change_has_its_statuses_time_and_actor() -> None:
    """R71, R72, R73, R74: the previous and the new status, the timestamp and the actor."""
    assert parse_event(delivery("taskStatusUpdated", CHANGE)) == Event(
        name="taskStatusUpdated",
        webhook_id=WEBHOOK_ID,
        object_type="task",
        object_id="86a1",
        workspace_id="9001",
        has_history=True,
        changed_at="2022-01-21T03:34:33.330+00:00",
        task_changes=(
            TaskChange(
                id="2800787326392370170",
                changed_at="2022-01-21T03:34:33.330+00:00",
                list_id="162641062",
                user_id="183",
                from_value="to do",
                from_status_type="open",
                to_value="doing",
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


def test_a_status_change_that_an_earlier_release_stored_is_read() -> None:
    stored = (
        b'{"name":"taskStatusUpdated","webhook_id":"w","kind":"task","object_id":"86a1",'
        b'"status_changes":[{"id":"7","changed_at":"2022-01-21T03:34:33.330+00:00",'
        b'"from_status":"to do","to_status":"doing","to_status_type":"custom"}]}'
    )
    (change,) = msgspec.json.decode(stored, type=Event).task_changes
    assert (change.field, change.from_value, change.to_value) == ("status", "to do", "doing")


def test_a_new_task_has_no_previous_status() -> None:
    created = history("status", before=status(None, "removed"), after=status("to do", "open"))
    event = parse_event(delivery("taskCreated", created, history("task_creation")))
    assert event is not None
    (change,) = event.task_changes
    assert (change.from_value, change.from_status_type) == (None, None)
    assert (change.to_value, change.to_status_type) == ("to do", "open")


FIELD_CHANGES: dict[str, tuple[Any, Any, tuple[str, str | None, str | None]]] = {
    "assignee_add": (None, {"id": 184, "username": PRIVATE}, ("assignee_ids", None, "184")),
    "assignee_rem": ({"id": 184, "email": PRIVATE}, None, ("assignee_ids", "184", None)),
    "section_moved": (
        {"id": "31", "name": PRIVATE, "category": {"id": "21"}},
        {"id": "32", "name": PRIVATE, "project": {"id": "11"}},
        ("list_id", "31", "32"),
    ),
    "priority": (None, {"id": "2", "priority": "high"}, ("priority", None, "2")),
    "due_date": (
        "1642701600000",
        None,
        ("due_date", "2022-01-20T18:00:00.000+00:00", None),
    ),
    "time_estimate": (5_400_000, "3600000", ("time_estimate_ms", "5400000", "3600000")),
}
"""History items by their fields: before, after, and the change that results."""


@pytest.mark.parametrize("field", FIELD_CHANGES)
def test_changes_of_other_fields_have_ids_numbers_and_times_only(field: str) -> None:
    """DESIGN 4.1: what a poll would overwrite is exact where a webhook reports it."""
    before, after, expected = FIELD_CHANGES[field]
    event = parse_event(delivery("taskUpdated", history(field, before=before, after=after)))
    assert event is not None
    (change,) = event.task_changes
    assert (change.field, change.from_value, change.to_value) == expected
    assert (change.from_status_type, change.to_status_type) == (None, None)
    assert change.user_id == "183"
    assert PRIVATE not in msgspec.json.encode(event).decode()


@pytest.mark.parametrize("field", ["assignee_add", "priority", "due_date", "time_estimate"])
def test_a_change_of_an_unknown_shape_is_only_read_again(field: str) -> None:
    event = parse_event(delivery("taskUpdated", history(field, after={"name": PRIVATE})))
    assert event is not None
    assert event.task_changes == ()
    assert event.has_history


def test_twin_events_contain_the_same_status_change() -> None:
    """ClickUp sends a status change as taskStatusUpdated and as taskUpdated."""
    special = parse_event(delivery("taskStatusUpdated", CHANGE))
    twin = parse_event(delivery("taskUpdated", CHANGE))
    assert special is not None
    assert twin is not None
    assert special.task_changes == twin.task_changes


@pytest.mark.parametrize("missing", [None, []])
def test_missing_and_empty_history_are_equal(missing: list[Any] | None) -> None:
    event = parse_event(delivery("taskDeleted", history_items=missing))
    assert event is not None
    assert event.has_history is False
    assert event.changed_at is None
    assert event.is_deletion is True


def test_all_history_items_are_parsed() -> None:
    """The timestamp of the event is the latest of them."""
    items = [history("duration", number="1", date="1642736073331"), CHANGE]
    event = parse_event(delivery("taskUpdated", *items))
    assert event is not None
    assert [change.id for change in event.task_changes] == ["2800787326392370170"]
    assert event.changed_at == "2022-01-21T03:34:33.331+00:00"


def test_ids_may_be_numbers_texts_or_uuids() -> None:
    """History ids of lists are UUIDs, and ids of users are text in some deliveries."""
    renamed = history("name", number="8a2f82db-7718-4fdb-9493-4849e67f009d", type=6)
    event = parse_event(delivery("listUpdated", renamed, list_id=162641285, team_id=9001))
    assert event is not None
    assert event.object_type == "list"
    assert event.object_id == "162641285"
    assert event.workspace_id == "9001"
    as_text = parse_event(delivery("taskUpdated", {**CHANGE, "user": {"id": "183"}, "type": "1"}))
    assert as_text is not None
    assert as_text.task_changes[0].user_id == "183"


def test_tracked_time_is_distinguished_from_other_changes() -> None:
    """R77: in both events that report it."""
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
def test_an_unsubscribed_event_is_ignored(name: str) -> None:
    """Comments and goals are not subscribed to; a new name may arrive without warning."""
    assert parse_event(delivery(name, history("comment"))) is None


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_contains_no_free_text(name: str) -> None:
    """R53, R54, R89, R91: no descriptions, comments, attachments, names or e-mail addresses."""
    noise: dict[str, Any] = {"before": PRIVATE, "after": {"text_content": PRIVATE, "id": PRIVATE}}
    items = [
        history(field, number=str(number), **noise)
        for number, field in enumerate(("content", "comment", "custom_field", "attachments"))
    ]
    object_ids = {"list_id": "1", "folder_id": "2", "space_id": "3"}
    data = {"description": PRIVATE}
    event = parse_event(delivery(name, CHANGE, *items, name=PRIVATE, data=data, **object_ids))
    encoded = msgspec.json.encode(event)
    assert PRIVATE.encode() not in encoded
    assert b"example.com" not in encoded
    assert msgspec.json.decode(encoded, type=Event) == event


def test_half_a_surrogate_pair_in_a_text_is_replaced() -> None:
    """ClickUp cuts long texts within a character; the event is parsed all the same."""
    change = {**CHANGE, "after": status("fertig \ud83d", "done"), "comment": "\ud83d"}
    event = parse_event(decode_body(body("taskUpdated", change)))
    assert event is not None
    assert event.task_changes[0].to_value == "fertig ?"


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
def test_a_body_without_a_json_object_is_rejected(given_body: bytes, reason: str) -> None:
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
            "history_items: a change of status lacks its id or its date",
        ),
    ],
)
def test_a_missing_or_invalid_key_is_rejected_by_name(
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
def test_any_delivery_is_parsed_ignored_or_rejected(
    given_delivery: dict[str, Any],
) -> None:
    """A parsed event can always be stored."""
    try:
        event = parse_event(given_delivery)
    except EventError:
        return
    if event:
        assert msgspec.json.decode(msgspec.json.encode(event), type=Event) == event


INVALID_IDS: tuple[Any, ...] = (None, True, "", [], {}, 1.5, 2**63, "x" * 129, "86\x00a")


@st.composite
def modified_bodies(draw: st.DrawFn) -> bytes:
    """Draw the body of a delivery with modified values, removed keys and modified bytes."""
    payload: dict[str, Any] = delivery(
        draw(st.sampled_from([*EVENTS])), CHANGE, list_id="1", folder_id="2", space_id="3"
    )
    for key in draw(st.sets(st.sampled_from([*payload]), max_size=2)):
        if draw(st.booleans()):
            del payload[key]
        else:
            payload[key] = draw(st.sampled_from(INVALID_IDS) | JSON)
    content = bytearray(json.dumps(payload).encode())
    for _ in range(draw(st.integers(0, 2))):
        content[draw(st.integers(0, len(content) - 1))] = draw(st.integers(0, 255))
    return bytes(content)


def is_valid_id(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, int):
        return abs(value) < 2**63
    return isinstance(value, str) and 0 < len(value) <= 128 and value.isprintable()


@given(modified_bodies())
def test_any_body_is_parsed_ignored_or_rejected(content: bytes) -> None:
    """An event is parsed only from a valid object id and webhook id."""
    try:
        payload = decode_body(content)
        event = parse_event(payload)
    except EventError:
        return
    if event:
        object_id = payload[f"{EVENTS[payload['event']]}_id"]
        assert is_valid_id(object_id)
        assert event.object_id == str(object_id)
        assert is_valid_id(payload["webhook_id"])
        assert event.webhook_id == parse_webhook_id(payload) == str(payload["webhook_id"])


@pytest.mark.parametrize("value", INVALID_IDS)
@pytest.mark.parametrize("key", ["task_id", "webhook_id"])
def test_invalid_ids_in_a_body_are_rejected(key: str, value: Any) -> None:
    content = body("taskUpdated", CHANGE, **{key: value})
    with pytest.raises(EventError, match=f"^{key}: expected an id$"):
        parse_event(decode_body(content))


@given(st.binary())
def test_random_bytes_are_rejected(content: bytes) -> None:
    with pytest.raises(EventError):
        parse_webhook_id(decode_body(content))


def test_a_body_decodes_to_its_delivery() -> None:
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
def test_recorded_deliveries_are_parsed(source: str) -> None:
    """Deliveries of the real ClickUp, by their committed shapes or by the recordings."""
    object_types: dict[str, set[str | None]] = {}
    for place in recorded_deliveries():
        if recorded := recorded_event(place, source):
            event = parse_event(recorded)
            object_types.setdefault(recorded["event"], set()).add(
                event.object_type if event else None
            )
            if recorded["event"] == "taskStatusUpdated":
                assert event is not None
                assert event.task_changes
    ignored = {name: {None} for name in object_types.keys() - EVENTS.keys()}
    assert ignored
    assert object_types == {name: {EVENTS[name]} for name in EVENTS} | ignored
