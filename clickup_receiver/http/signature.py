"""Verify the signature of a delivery. Pure; reading the request is the task of `app`.

https://developer.clickup.com/docs/webhooksignature
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def compute_signature(body: bytes, secret: str) -> bytes:
    """Return ClickUp's `X-Signature`: HMAC-SHA256 of the raw body, in lower-case hex."""
    return hmac.digest(secret.encode(), body, hashlib.sha256).hex().encode()


def is_signed(body: bytes, *, signature: bytes, secrets: Iterable[str]) -> bool:
    """Return whether a body is signed with one of a webhook's secrets.

    Takes the same time for every secret, and however much of a wrong signature is right.
    """
    matches = False
    for secret in secrets:
        matches |= hmac.compare_digest(compute_signature(body, secret), signature)
    return matches
