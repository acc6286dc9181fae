"""Which bodies count as signed."""

from __future__ import annotations

import pytest

from clickup_receiver.http.signature import (
    MAX_WEBHOOK_IDS,
    compute_signature,
    find_signer,
    find_webhook_ids,
)

BODY = b'{"webhook_id":"7f","event":"taskUpdated","task_id":"86a"}'
VALID = compute_signature(BODY, "SECRET")


def test_a_signature_is_the_hmac_sha256_of_rfc_4231() -> None:
    """Test case 2 of the RFC."""
    assert compute_signature(b"what do ya want for nothing?", "Jefe") == (
        b"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )


def signer(body: bytes, signature: bytes, **secrets: tuple[str, ...]) -> str | None:
    """Return the webhook that has signed a body, by the secrets of each."""
    return find_signer(body, signature=signature, secrets=secrets)


def test_old_and_new_secret_are_accepted_during_rotation() -> None:
    for secret in ("OLD", "NEW"):
        signature = compute_signature(BODY, secret)
        assert signer(BODY, signature, a=("OTHER",), b=("OLD", "NEW"), c=()) == "b"
    assert signer(BODY, compute_signature(BODY, "OLD"), b=("NEW",)) is None


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
    assert signer(BODY, VALID, a=("SECRET",)) == "a"
    assert signer(BODY, signature, a=("SECRET",)) is None


def test_a_modified_body_is_rejected() -> None:
    assert signer(BODY.replace(b"86a", b"86b"), VALID, a=("SECRET",)) is None
    assert signer(BODY + b" ", VALID, a=("SECRET",)) is None


def test_a_webhook_without_secrets_accepts_no_signature() -> None:
    assert signer(BODY, compute_signature(BODY, ""), a=()) is None


@pytest.mark.parametrize(
    ("body", "ids"),
    [
        (BODY, ["7f"]),
        (b'{"webhook_id" :\n"7f"}', ["7f"]),
        (b'{"a":{"webhook_id":"1"},"webhook_id":"2","webhook_id":"1"}', ["1", "2"]),
        (b'{"note":"\\"webhook_id\\":\\"1\\""}', []),
        (b'{"webhook_id":7}', []),
        (b'{"webhook_id":"' + b"7" * 200 + b'"}', []),
        (b'"webhook_id":"' * 20_000, []),
        (b'"webhook_id":"\xff"', ["\N{REPLACEMENT CHARACTER}"]),
        (b"", []),
    ],
)
def test_webhook_ids_are_found_without_decoding(body: bytes, ids: list[str]) -> None:
    assert find_webhook_ids(body) == ids


def test_only_the_first_webhook_ids_are_tried() -> None:
    body = b"".join(b'"webhook_id":"%d",' % number for number in range(10_000))
    assert len(find_webhook_ids(body)) == MAX_WEBHOOK_IDS
