"""Which bodies count as signed."""

from __future__ import annotations

import pytest

from clickup_receiver.http.signature import compute_signature, is_signed

BODY = b'{"webhook_id":"7f","event":"taskUpdated","task_id":"86a"}'
VALID = compute_signature(BODY, "SECRET")


def test_a_signature_is_the_hmac_sha256_of_rfc_4231() -> None:
    """Test case 2 of the RFC."""
    assert compute_signature(b"what do ya want for nothing?", "Jefe") == (
        b"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )


def test_old_and_new_secret_are_accepted_during_rotation() -> None:
    for secret in ("OLD", "NEW"):
        signature = compute_signature(BODY, secret)
        assert is_signed(BODY, signature=signature, secrets=("OLD", "NEW"))
    assert not is_signed(BODY, signature=compute_signature(BODY, "OLD"), secrets=("NEW",))


@pytest.mark.parametrize(
    "signature",
    [
        b"",
        VALID[:-1],
        VALID[:-1] + (b"0" if VALID[-1:] != b"0" else b"1"),
        VALID.upper(),
        b" " + VALID,
        VALID + VALID,
        VALID + b", " + VALID,
        b"sha256=" + VALID,
        "é".encode() * 32,
        b"\xff" * 64,
        b"0" * 64,
    ],
)
def test_invalid_signature_is_rejected(signature: bytes) -> None:
    assert is_signed(BODY, signature=VALID, secrets=("SECRET",))
    assert not is_signed(BODY, signature=signature, secrets=("SECRET",))


def test_a_modified_body_is_rejected() -> None:
    assert not is_signed(BODY.replace(b"86a", b"86b"), signature=VALID, secrets=("SECRET",))
    assert not is_signed(BODY + b" ", signature=VALID, secrets=("SECRET",))


def test_a_webhook_without_secrets_accepts_no_signature() -> None:
    assert not is_signed(BODY, signature=compute_signature(BODY, ""), secrets=())
