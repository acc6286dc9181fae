"""A generated ClickUp account for tests, with every awkward shape that is known.

Equal seeds and sizes give equal accounts, apart from timestamps, which are relative to `now`.
For an account with plausible names and statuses, see `demo`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from uuid import NAMESPACE_URL, uuid5

from .account import Account
from .generator_hierarchy import HierarchyGenerator
from .generator_work import TaskGenerator
from .model import ADMIN, GUEST, MEMBER, OWNER, Group, Member, TaskType, User, Workspace
from .random_data import RandomData
from .sizes import Sizes
from .storage import to_ms

COLORS = ("#7a5c3e", "#2f6b8a", "#8a2f5c", "#4b8a2f", "#5c3e7a")


def generate(*, seed: int = 1, now: datetime | None = None, **sizes: int) -> Account:
    """Return an account of the given `Sizes`.

    Tasks were created in the year before `now` and edited at a random time since, so that most of
    them changed in its last 90 days. Without `now` it is 00:00 UTC yesterday, so that the changes
    of the last hours are those that are made in the account later.
    """
    requested = Sizes(**sizes)
    yesterday = datetime.combine(datetime.now(UTC).date(), time(), tzinfo=UTC) - timedelta(days=1)
    random_data = RandomData(seed, now_ms=to_ms(now or yesterday))
    owner = _generate_person(1, random_data=random_data)
    workspaces = [
        _generate_workspace(number, owner=owner, random_data=random_data, sizes=requested)
        for number in range(1, requested.workspaces + 1)
    ]
    return Account(workspaces, user_id=owner.id, token=random_data.token(owner.id))


def _generate_workspace(
    number: int, *, owner: User, random_data: RandomData, sizes: Sizes
) -> Workspace:
    workspace = Workspace(random_data.numeric_id("907", digits=8), f"Workshop {number}", COLORS[0])
    others = [
        _generate_person(index, random_data=random_data) for index in range(2, sizes.users + 2)
    ]
    for person in (owner, *others):
        workspace.users[person.id] = person
    for member in _generate_members([owner, *others[:-1]], random_data=random_data):
        workspace.members[member.user.id] = member
        workspace.users[member.user.id] = member.user
    _add_task_types(workspace)
    _add_groups(workspace, random_data=random_data)
    places = HierarchyGenerator(workspace, random_data=random_data, sizes=sizes)
    places.make()
    TaskGenerator(
        workspace, random_data=random_data, sizes=sizes, sprint_lists=places.sprint_lists
    ).make()
    return workspace


def _add_task_types(workspace: Workspace) -> None:
    """Add two task types, whose ids are the same in every workspace."""
    for type_id, name in ((1001, "Bug"), (1002, "Idea")):
        workspace.task_types[type_id] = TaskType(type_id, name, f"{name}s", f"A type for {name}s.")


def _add_groups(workspace: Workspace, *, random_data: RandomData) -> None:
    """Add a group with all members, and one without any."""
    for name, member_ids in (("Everyone", tuple(workspace.members)), ("Newcomers", ())):
        group_id = str(uuid5(NAMESPACE_URL, f"{workspace.id} {name}"))
        workspace.groups[group_id] = Group(
            id=group_id,
            name=name,
            handle=name.lower(),
            initials=name[:2].upper(),
            creator_id=next(iter(workspace.members)),
            created_ms=random_data.days_ago_ms(600),
            member_ids=member_ids,
        )


def _generate_person(number: int, *, random_data: RandomData) -> User:
    user_id = int(random_data.numeric_id("4", digits=7))
    picture = f"https://pictures.example.com/{user_id}.png" if number % 3 == 0 else None
    return User(
        id=user_id,
        username=f"Person {number}",
        email=f"user{number}@example.com",
        color=COLORS[number % len(COLORS)],
        initials=f"P{number}",
        picture=picture,
    )


def _generate_members(users: list[User], *, random_data: RandomData) -> list[Member]:
    """Return an owner, an admin, members, a guest, and last an invited user."""
    owner = users[0]
    born = random_data.days_ago_ms(700)
    members = [Member(owner, OWNER, born, joined_ms=born)]
    roles = [ADMIN, *[MEMBER] * (len(users) - 4), GUEST][: len(users) - 2]
    for person, role in zip(users[1:-1], roles, strict=False):
        invited = random_data.timestamp_ms(after_ms=born, before_ms=random_data.days_ago_ms(400))
        members.append(Member(person, role, invited, joined_ms=invited + 60_000, invited_by=owner))
    if len(users) > 1:
        last = replace(users[-1], username=None, color=None)
        members.append(Member(last, MEMBER, random_data.days_ago_ms(30), None, invited_by=owner))
    return members
