"""Verify the signature of a delivery. Pure; reading the request is the task of `app`.

https://developer.clickup.com/docs/webhooksignature
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


SIGNATURE = re.compile(r"[0-9a-f]{64}")
WEBHOOK_ID = re.compile(rb'"webhook_id"\s*:\s*"([^"\\]{1,128})"')
MAX_WEBHOOK_IDS = 4
"""Ids whose secrets are compared: what a wrong signature costs does not depend on the body."""


def find_webhook_ids(body: bytes) -> list[str]:
    """Return the webhook ids that a body seems to name, the first few, without decoding it."""
    ids: dict[str, None] = {}
    for match in WEBHOOK_ID.finditer(body):
        ids[match[1].decode("utf-8", "replace")] = None
        if len(ids) == MAX_WEBHOOK_IDS:
            break
    return list(ids)


def compute_signature(body: bytes, secret: str) -> bytes:
    """Return ClickUp's `X-Signature`: HMAC-SHA256 of the raw body, in lower-case hex."""
    return hmac.digest(secret.encode(), body, hashlib.sha256).hex().encode()


def find_signer(
    body: bytes, *, signature: bytes, secrets: Mapping[str, Sequence[str]]
) -> str | None:
    """Return the id of the webhook with one of whose secrets a body is signed.

    Takes the same time for every secret, and however much of a wrong signature is right.
    """
    signer = None
    for webhook_id, webhook_secrets in secrets.items():
        for secret in webhook_secrets:
            if hmac.compare_digest(compute_signature(body, secret), signature):
                signer = webhook_id
    return signer
