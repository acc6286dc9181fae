"""Whose token it is, and what that user's role allows in each workspace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tap_clickup.fields import Fields

if TYPE_CHECKING:
    from tap_clickup.client import Client

PRIVILEGED_ROLES: Final = {"owner", "admin"}
CREATE_WEBHOOKS: Final = "create webhooks"
TRACK_TIME_OF_OTHERS: Final = "read or write the tracked time of other users"
SEE_UNSHARED: Final = "see what is not shared with it"
ROLE_LIMITS: Final = (CREATE_WEBHOOKS, TRACK_TIME_OF_OTHERS)
"""What only owners and admins can do.

https://developer.clickup.com/reference/gettimeentrieswithinadaterange
"""
GUEST: Final = "guest"


ROLES: Final = {1: "owner", 2: "admin", 3: "member", 4: GUEST}


@dataclass(frozen=True)
class TokenUser:
    """The user that a token belongs to; an invited user has no name yet."""

    id: str
    name: str | None

    def __str__(self) -> str:
        """Return the name and the id."""
        return f"{self.name} ({self.id})" if self.name else self.id


def fetch_token_user(client: Client) -> TokenUser:
    """Return the user of the client's token.

    https://developer.clickup.com/reference/getauthorizeduser
    """
    user = Fields(client.get("/user", required_key="user").body["user"])
    return TokenUser(user.required_id, user.text("username"))


def role_name(team: Fields, user_id: str) -> str | None:
    """Return the name of a user's role in a workspace; None if ClickUp does not report it.

    A limited member has the number of another role, and a key of its own.
    """
    for member in team.array("members"):
        user = Fields(member).object("user")
        if user.id == user_id:
            key = (user.text("role_key") or "").replace("_", " ")
            return key if "limited" in key else ROLES.get(user.integer("role") or 0)
    return None


def role_limits(role: str | None) -> tuple[str, ...]:
    """Return what a role cannot do; nothing is assumed of one that is not known.

    Private spaces and lists of others are in no response, also for an owner: nothing shows them.
    """
    if role is None or role in PRIVILEGED_ROLES:
        return ()
    return (*ROLE_LIMITS, SEE_UNSHARED) if role == GUEST else ROLE_LIMITS
