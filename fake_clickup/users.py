"""Users, groups, statuses and tags as they appear in ClickUp's responses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .model import ADMIN, GUEST, MEMBER, OWNER

if TYPE_CHECKING:
    from .model import Group, Member, Status, Tag, User, Workspace

ROLE_KEYS = {OWNER: "owner", ADMIN: "admin", MEMBER: "member", GUEST: "guest"}
ROLES = {key: role for role, key in ROLE_KEYS.items()}


def render_creator(user: User) -> dict[str, Any]:
    """Return the creator of a task: the only user without initials."""
    return {
        "id": user.id,
        "username": user.username,
        "color": user.color,
        "email": user.email,
        "profilePicture": user.picture,
    }


def render_user(user: User) -> dict[str, Any]:
    """Return a user as an assignee, a watcher or an author."""
    return {
        "id": user.id,
        "username": user.username,
        "color": user.color,
        "initials": user.initials,
        "email": user.email,
        "profilePicture": user.picture,
    }


def render_tag(tag: Tag) -> dict[str, Any]:
    """Return a tag of a task or of a time entry."""
    return {"name": tag.name, "tag_fg": tag.color, "tag_bg": tag.color, "creator": tag.creator}


def render_authorised_user(user: User) -> dict[str, Any]:
    """Return the response of `GET /user`."""
    settings = {"week_start_day": None, "global_font_support": False, "timezone": "Etc/UTC"}
    return {"user": {**render_user(user), **settings}}


def render_workspace(workspace: Workspace, *, user_id: int, role: int) -> dict[str, Any]:
    """Return a workspace of `GET /team`; `role` is that of the token's user."""
    members = [
        _render_member(member, role=role if member.user.id == user_id else member.role)
        for member in workspace.members.values()
    ]
    return {
        "id": workspace.id,
        "name": workspace.name,
        "color": workspace.color,
        "avatar": None,
        "members": members,
    }


def render_group(workspace: Workspace, group: Group) -> dict[str, Any]:
    """Return a group of `GET /group`, with its members as people."""
    return {
        "id": group.id,
        "team_id": workspace.id,
        "userid": group.creator_id,
        "name": group.name,
        "handle": group.handle,
        "date_created": str(group.created_ms),
        "initials": group.initials,
        "members": [render_user(workspace.users[user_id]) for user_id in group.member_ids],
        "avatar": dict.fromkeys(("attachment_id", "color", "source", "icon")),
    }


def render_status(status: Status) -> dict[str, Any]:
    """Return a status as spaces and folders list it."""
    return {
        "id": status.id,
        "status": status.name,
        "type": status.type,
        "orderindex": status.orderindex,
        "color": status.color,
    }


def _render_member(member: Member, *, role: int) -> dict[str, Any]:
    joined = None if member.joined_ms is None else str(member.joined_ms)
    user = {
        **render_user(member.user),
        "role": role,
        "role_subtype": 0,
        "role_key": ROLE_KEYS[role],
        "custom_role": None,
        "last_active": joined,
        "date_joined": joined,
        "date_invited": str(member.invited_ms),
    }
    if not member.invited_by:
        return {"user": user}
    invitation = "invited" if member.joined_ms is None else "active"
    by = {**render_user(member.invited_by), "banned_date": None, "status": invitation}
    return {"user": user, "invited_by": by}
