"""Is a body signed with our secret? Pure: reading the request is the work of the HTTP side.

https://developer.clickup.com/docs/webhooksignature
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def signature_of(body: bytes, secret: str) -> bytes:
    """Return ClickUp's `X-Signature`: HMAC-SHA256 of the raw body, in lower-case hex."""
    return hmac.digest(secret.encode(), body, hashlib.sha256).hex().encode()


def is_signed(body: bytes, *, signature: bytes, secrets: Iterable[str]) -> bool:
    """Tell whether a body carries the signature of one of a webhook's secrets.

    Takes the same time whichever of them it is, and however much of a wrong one is right.
    """
    found = False
    for secret in secrets:
        found |= hmac.compare_digest(signature_of(body, secret), signature)
    return found
