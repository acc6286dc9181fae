"""Decode a day of heartbeats of a WakaTime-compatible server. Pure.

https://wakatime.com/developers#heartbeats, and Wakapi's routes/compat/wakatime/v1/heartbeat.go
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

EDITOR = re.compile(
    r"\)(?:\s+\S+)*?\s+(?P<editor>(?P<name>[^/\s]+)(?:/\S+)?)\s+(?P=name)-wakatime/"
)
"""In `wakatime/v1.98 (linux-6.1-x86_64) go1.22 vscode/1.90 vscode-wakatime/24.4`: `vscode/1.90`."""
PLUGIN = re.compile(r"(?:^|\s)(?P<name>[^/\s]+)-wakatime/")


class Heartbeat(msgspec.Struct):
    """The fields of a heartbeat that are used; the decoder skips all others.

    Their types are checked later, so that an odd one does not cost the whole day.
    """

    time: Any = None
    category: Any = None
    project: Any = None
    branch: Any = None
    language: Any = None
    user_agent_id: Any = None


class Response(msgspec.Struct):
    """The heartbeats of a day."""

    data: list[Heartbeat]


def decode_heartbeats(body: bytes) -> list[Heartbeat]:
    """Return the heartbeats in a response. Raises `ValueError` if it is not one."""
    try:
        return msgspec.json.decode(body, type=Response).data
    except (msgspec.MsgspecError, RecursionError):
        raise ValueError("not a response with heartbeats") from None


def heartbeat_context(heartbeat: Heartbeat) -> tuple[object, ...]:
    """Return the values of the context of a heartbeat; it has no path of a repository."""
    return (
        heartbeat.category,
        heartbeat.project,
        None,
        heartbeat.branch,
        heartbeat.language,
        find_editor(heartbeat.user_agent_id),
    )


def find_editor(user_agent: object) -> str | None:
    """Return name and version of the editor in a user agent, which also names the machine's system.

    Wakapi sends the user agent in place of its id. Of an id nothing is known.
    """
    if not isinstance(user_agent, str):
        return None
    if match := EDITOR.search(user_agent):
        return match["editor"]
    plugin = PLUGIN.search(user_agent)
    return plugin["name"] if plugin else None
