"""Which bodies count as signed."""

from __future__ import annotations

import pytest

from clickup_receiver.http.signature import is_signed, signature_of

BODY = b'{"webhook_id":"7f","event":"taskUpdated","task_id":"86a"}'


def test_a_signature_is_the_hmac_sha256_of_rfc_4231() -> None:
    key, data = "Jefe", b"what do ya want for nothing?"
    assert signature_of(data, key) == (
        b"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )


def test_either_of_two_secrets_is_accepted_while_one_replaces_the_other() -> None:
    for secret in ("OLD", "NEW"):
        signature = signature_of(BODY, secret)
        assert is_signed(BODY, signature=signature, secrets=("OLD", "NEW"))
    assert not is_signed(BODY, signature=signature_of(BODY, "OLD"), secrets=("NEW",))


RIGHT = signature_of(BODY, "SECRET")


@pytest.mark.parametrize(
    "signature",
    [
        b"",
        RIGHT[:-1],
        RIGHT[:-1] + (b"0" if RIGHT[-1:] != b"0" else b"1"),
        RIGHT.upper(),
        b" " + RIGHT,
        RIGHT + RIGHT,
        RIGHT + b", " + RIGHT,
        b"sha256=" + RIGHT,
        "é".encode() * 32,
        b"\xff" * 64,
        b"0" * 64,
    ],
)
def test_what_is_not_exactly_the_signature_is_refused(signature: bytes) -> None:
    assert is_signed(BODY, signature=RIGHT, secrets=("SECRET",))
    assert not is_signed(BODY, signature=signature, secrets=("SECRET",))


def test_a_body_that_was_changed_is_refused() -> None:
    assert not is_signed(BODY.replace(b"86a", b"86b"), signature=RIGHT, secrets=("SECRET",))
    assert not is_signed(BODY + b" ", signature=RIGHT, secrets=("SECRET",))


def test_without_a_secret_nothing_is_signed() -> None:
    assert not is_signed(BODY, signature=signature_of(BODY, ""), secrets=())
