"""Validate the address of the API, and compose the paths of requests from ids. Pure."""

from __future__ import annotations

import re
from urllib.parse import quote

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from tap_clickup.errors import ConfigurationError, UnexpectedResponseError

API_URL = "https://api.clickup.com/api/v2"
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def validate_api_url(api_url: str) -> str:
    """Return the API's base URL without a trailing slash.

    Raises `ConfigurationError` unless it is an https URL, or http on this machine.
    """
    try:
        parts = parse_url(api_url)  # as requests does, so that both see the same host
    except LocationParseError:
        parts = parse_url("")
    is_plain = not parts.auth and not re.search(r"[\\\s\x00-\x1f]", api_url)
    if not parts.host or parts.scheme not in {"https", "http"} or not is_plain:
        raise ConfigurationError(f"api_url: expected a URL such as {API_URL}")
    if parts.scheme == "http" and parts.host.strip("[]") not in LOOPBACK:
        raise ConfigurationError("api_url: http is allowed for this machine only, use https")
    return api_url.rstrip("/")


def api_path(*parts: str) -> str:
    """Return the path of its parts, in which an id stands for itself, whatever it contains.

    Ids come from ClickUp and from webhook deliveries. Raises `UnexpectedResponseError` for an id of
    dots, which would be resolved to another path even if it is quoted.
    """
    for part in parts:
        if not part.strip("."):
            raise UnexpectedResponseError(f"an id {part!r} cannot be part of a path")
    return "".join("/" + quote(part, safe="") for part in parts)
