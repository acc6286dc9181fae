"""Arbitrary requests get the documented responses, and the receiver continues to work."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clickup_receiver.http.signature import compute_signature
from tests.clickup_receiver.payloads import SECRETS, WEBHOOK_ID, body, delivery, history
from tests.support.scale import scaled

if TYPE_CHECKING:
    from schemathesis import Case

    from tests.clickup_receiver.conftest import RunningReceiver

OPENAPI = Path(__file__).parents[2] / "docs" / "receiver.openapi.yaml"
schema = schemathesis.openapi.from_path(OPENAPI)
EXAMPLES = settings(
    max_examples=scaled(60, full=1_000),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | NUMBERS | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)
DELIVERY_KEYS = ("event", "history_items", "task_id", "team_id", "data", "webhook_id")
HISTORY_ITEM_KEYS = ("id", "date", "field", "before", "after", "user", "parent_id")
NEXT_DELIVERY = body("taskUpdated", history("name", number="1"), task_id="next")


def accepts_the_next_delivery(http_receiver: RunningReceiver) -> bool:
    return http_receiver.post(NEXT_DELIVERY) == 200 and "next" in http_receiver.stored()


@schema.parametrize()
@EXAMPLES
def test_responses_match_the_openapi_schema(
    case: Case[Any], http_receiver: RunningReceiver
) -> None:
    case.call_and_validate(base_url=http_receiver.url)


UNUSUAL_BODIES = {
    "invalid UTF-8": b"\xff\xfe" + body("taskUpdated"),
    "byte order mark": b"\xef\xbb\xbf" + body("taskUpdated"),
    "null character in an id": body("taskUpdated", task_id="a\x00b"),
    "null character in a date": body("taskUpdated", history("name", date="\x00")),
    "NaN": body("taskUpdated").replace(b'"86a1"', b"NaN"),
    "infinite number": body("taskUpdated").replace(b'"86a1"', b"1e999999"),
    "huge number": body("taskUpdated").replace(b'"86a1"', b"9" * 5_000),
    "10,000 levels": b"[" * 10_000 + b"]" * 10_000,
    "10,000 levels in a delivery": (
        b'{"webhook_id":"%s","a":' % WEBHOOK_ID.encode() + b"[" * 10_000 + b"]" * 10_000 + b"}"
    ),
    "duplicate key": body("taskUpdated").replace(b'"event":', b'"event":"taskDeleted","event":'),
    "half a surrogate pair": body("taskUpdated").replace(b'"86a1"', b'"\\ud800"'),
    "long id": body("taskUpdated", task_id="x" * 1_000),
    "empty": b"",
    "null": b"null",
    "text": b'"' + WEBHOOK_ID.encode() + b'"',
}


@pytest.mark.parametrize("content", UNUSUAL_BODIES.values(), ids=UNUSUAL_BODIES)
def test_an_unusual_signed_body_does_not_affect_the_next(
    http_receiver: RunningReceiver, content: bytes
) -> None:
    assert http_receiver.post(content) in {200, 403}
    assert accepts_the_next_delivery(http_receiver)


@EXAMPLES
@given(changes=st.dictionaries(st.sampled_from(DELIVERY_KEYS), JSON, min_size=1))
def test_any_values_in_a_signed_delivery_are_200(
    http_receiver: RunningReceiver, changes: dict[str, Any]
) -> None:
    """403 is possible only if the delivery names another webhook or none."""
    content = json.dumps({**delivery("taskUpdated", history("name")), **changes}).encode()
    assert http_receiver.post(content) in ({200, 403} if "webhook_id" in changes else {200})


@EXAMPLES
@given(item=st.dictionaries(st.sampled_from(HISTORY_ITEM_KEYS), JSON))
def test_any_values_in_a_history_item_are_200(
    http_receiver: RunningReceiver, item: dict[str, Any]
) -> None:
    content = json.dumps(delivery("taskStatusUpdated", {**history("status"), **item})).encode()
    assert http_receiver.post(content) == 200


@EXAMPLES
@given(position=st.integers(0, 300), byte=st.integers(0, 255))
def test_one_changed_byte_invalidates_the_signature(
    http_receiver: RunningReceiver, position: int, byte: int
) -> None:
    original = body("taskUpdated", history("name"))
    content = bytearray(original)
    content[position % len(content)] = byte
    signature = compute_signature(original, SECRETS[0]).decode()
    expected = 200 if bytes(content) == original else 403
    assert http_receiver.post(bytes(content), signature=signature) == expected


@EXAMPLES
@given(signature=st.binary(max_size=80))
def test_any_bytes_as_signature_are_rejected(
    http_receiver: RunningReceiver, signature: bytes
) -> None:
    """400 if the header is not valid HTTP."""
    response = http_receiver.session.post(
        http_receiver.webhook_url,
        body("taskUpdated"),
        headers={"X-Signature": b"x" + signature.replace(b"\r", b"").replace(b"\n", b"")},
        timeout=30,
    )
    assert response.status_code in {403, 400}
    assert http_receiver.stored() == []
