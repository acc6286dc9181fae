"""Whatever is sent, the receiver answers as it promises and goes on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clickup_receiver.http.app import PATH
from clickup_receiver.http.signature import signature_of
from tests.clickup_receiver.payloads import SECRETS, WEBHOOK_ID, body, delivery, history

if TYPE_CHECKING:
    from schemathesis import Case

    from tests.clickup_receiver.conftest import Running

INTERFACE = Path(__file__).parents[2] / "docs" / "receiver.openapi.yaml"
schema = schemathesis.openapi.from_path(INTERFACE)
EXAMPLES = settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | NUMBERS | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)
NAMES = ("event", "history_items", "task_id", "team_id", "data", "webhook_id")
AGAIN = body("taskUpdated", history("name", number="1"), task_id="still here")
ITEM = ("id", "date", "field", "before", "after", "user", "parent_id")


def goes_on(running: Running) -> bool:
    """Whether the next good delivery is stored."""
    return running.post(AGAIN) == 200 and "still here" in running.stored()


@schema.parametrize()
@EXAMPLES
def test_it_keeps_to_its_interface(case: Case[Any], running: Running) -> None:
    case.call_and_validate(base_url=running.url)


STRANGE = {
    "invalid UTF-8": b"\xff\xfe" + body("taskUpdated"),
    "a byte order mark": b"\xef\xbb\xbf" + body("taskUpdated"),
    "a null character in an id": body("taskUpdated", task_id="a\x00b"),
    "a null character in a date": body("taskUpdated", history("name", date="\x00")),
    "NaN": body("taskUpdated").replace(b'"86a1"', b"NaN"),
    "an endless number": body("taskUpdated").replace(b'"86a1"', b"1e999999"),
    "a huge number": body("taskUpdated").replace(b'"86a1"', b"9" * 5_000),
    "10,000 levels": b"[" * 10_000 + b"]" * 10_000,
    "10,000 levels in a delivery": (
        b'{"webhook_id":"%s","a":' % WEBHOOK_ID.encode() + b"[" * 10_000 + b"]" * 10_000 + b"}"
    ),
    "a key twice": body("taskUpdated").replace(b'"event":', b'"event":"taskDeleted","event":'),
    "half a character": body("taskUpdated").replace(b'"86a1"', b'"\\ud800"'),
    "a long id": body("taskUpdated", task_id="x" * 1_000),
    "nothing": b"",
    "null": b"null",
    "a text": b'"' + WEBHOOK_ID.encode() + b'"',
}


@pytest.mark.parametrize("sent", STRANGE.values(), ids=STRANGE)
def test_a_signed_body_that_is_strange_is_answered_and_disturbs_nothing(
    running: Running, sent: bytes
) -> None:
    assert running.post(sent) in {200, 403}
    assert goes_on(running)


@EXAMPLES
@given(changes=st.dictionaries(st.sampled_from(NAMES), JSON, min_size=1))
def test_a_signed_delivery_of_any_values_is_answered_200_unless_it_names_no_webhook(
    running: Running, changes: dict[str, Any]
) -> None:
    sent = json.dumps({**delivery("taskUpdated", history("name")), **changes}).encode()
    assert running.post(sent) in ({200, 403} if "webhook_id" in changes else {200})


@EXAMPLES
@given(item=st.dictionaries(st.sampled_from(ITEM), JSON))
def test_a_history_of_any_values_is_answered_200(running: Running, item: dict[str, Any]) -> None:
    sent = json.dumps(delivery("taskStatusUpdated", {**history("status"), **item})).encode()
    assert running.post(sent) == 200


@EXAMPLES
@given(place=st.integers(0, 300), byte=st.integers(0, 255))
def test_one_changed_byte_is_one_signature_too_few(running: Running, place: int, byte: int) -> None:
    good = body("taskUpdated", history("name"))
    sent = bytearray(good)
    sent[place % len(sent)] = byte
    signature = signature_of(good, SECRETS[0]).decode()
    expected = 200 if bytes(sent) == good else 403
    assert running.post(bytes(sent), signature=signature) == expected


@EXAMPLES
@given(signature=st.binary(max_size=80))
def test_a_signature_of_any_bytes_is_403(running: Running, signature: bytes) -> None:
    answer = running.session.post(
        running.url + PATH,
        body("taskUpdated"),
        headers={"X-Signature": b"x" + signature.replace(b"\r", b"").replace(b"\n", b"")},
        timeout=30,
    )
    assert answer.status_code in {403, 400}
    assert running.stored() == []
