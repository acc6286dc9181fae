"""The form of ClickUp's tokens. Pure."""

from __future__ import annotations

import re

from tap_clickup.errors import ConfigurationError


def authorization_header(api_token: str) -> str:
    """Return the `Authorization` header for a token. Raises `ConfigurationError` if it is invalid.

    A personal token begins with `pk_` and is sent as it is. An OAuth token is sent as `Bearer` and
    has to be given with that word, since otherwise it cannot be distinguished from a typing error.
    https://developer.clickup.com/docs/authentication
    """
    token = api_token.strip()
    bare = re.sub(r"(?i)^bearer\s+", "", token)
    if re.fullmatch(r"pk_\d+_[A-Za-z0-9]{8,}", bare):
        return bare
    if bare != token and not bare.startswith("pk_") and re.fullmatch(r"[A-Za-z0-9_.-]{16,}", bare):
        return f"Bearer {bare}"
    raise ConfigurationError(
        "api_token: expected a personal API token, which begins with 'pk_'; "
        "create one in ClickUp under avatar > Settings > My Settings > Apps > API Token"
    )
