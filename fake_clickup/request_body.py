"""The JSON body of a request that writes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from .error_codes import ApiError

if TYPE_CHECKING:
    from collections.abc import Mapping


def parse_object(content: bytes, *, invalid: str) -> Mapping[str, Any]:
    """Return the object in a body. Raises the ApiError `invalid` if there is none."""
    try:
        body = json.loads(content)
    except ValueError as error:
        raise ApiError(invalid) from error
    if not isinstance(body, dict):
        raise ApiError(invalid)
    return body
