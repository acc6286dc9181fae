"""Compose the paths of requests from ids. Pure."""

from __future__ import annotations

from urllib.parse import quote

from tap_clickup.errors import UnexpectedResponseError


def api_path(*parts: str) -> str:
    """Return the path of its parts, in which an id stands for itself, whatever it contains.

    Ids come from ClickUp and from webhook deliveries. Raises `UnexpectedResponseError` for an id of
    dots, which would be resolved to another path even if it is quoted.
    """
    for part in parts:
        if not part.strip("."):
            raise UnexpectedResponseError(f"an id {part!r} cannot be part of a path")
    return "".join("/" + quote(part, safe="") for part in parts)
