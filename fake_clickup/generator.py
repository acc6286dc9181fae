"""A made-up ClickUp account, the same one for the same seed, with every awkward shape known.

Moments are relative to `now`; ids and everything else depend on the seed and the sizes alone.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time

from .account import Account
from .generator_hierarchy import Places
from .generator_work import Work
from .model import ADMIN, GUEST, MEMBER, OWNER, Member, Person, Workspace
from .random_data import Dice
from .sizes import Sizes
from .storage import to_ms

COLORS = ("#7a5c3e", "#2f6b8a", "#8a2f5c", "#4b8a2f", "#5c3e7a")


def generate(*, seed: int = 1, now: datetime | None = None, **sizes: int) -> Account:
    """Return an account of the given `Sizes`.

    Tasks were made in the year before `now` and last edited anywhere from then on, so that most of
    them changed in its last 90 days. Without `now` it is the midnight, UTC, that began this day.
    """
    wanted = Sizes(**sizes)
    today = datetime.combine(datetime.now(UTC).date(), time(), tzinfo=UTC)
    dice = Dice(seed, now_ms=to_ms(now or today))
    owner = _person(1, dice=dice)
    workspaces = [
        _workspace(number, owner=owner, dice=dice, sizes=wanted)
        for number in range(1, wanted.workspaces + 1)
    ]
    return Account(workspaces, user_id=owner.id, token=dice.token(owner.id))


def _workspace(number: int, *, owner: Person, dice: Dice, sizes: Sizes) -> Workspace:
    workspace = Workspace(dice.number("907", digits=8), f"Workshop {number}", COLORS[0])
    others = [_person(one, dice=dice) for one in range(2, sizes.people + 2)]
    for person in (owner, *others):
        workspace.people[person.id] = person
    for member in _members([owner, *others[:-1]], dice=dice):
        workspace.members[member.person.id] = member
        workspace.people[member.person.id] = member.person
    places = Places(workspace, dice=dice, sizes=sizes)
    places.make()
    Work(workspace, dice=dice, sizes=sizes, sprint_lists=places.sprint_lists).make()
    return workspace


def _person(number: int, *, dice: Dice) -> Person:
    user_id = int(dice.number("4", digits=7))
    picture = f"https://pictures.example.com/{user_id}.png" if number % 3 == 0 else None
    return Person(
        id=user_id,
        username=f"Person {number}",
        email=f"user{number}@example.com",
        color=COLORS[number % len(COLORS)],
        initials=f"P{number}",
        picture=picture,
    )


def _members(people: list[Person], *, dice: Dice) -> list[Member]:
    """Return the owner first, then an admin, members and a guest; the last is only invited."""
    owner = people[0]
    born = dice.days_ago(700)
    members = [Member(owner, OWNER, born, joined_ms=born)]
    roles = [ADMIN, *[MEMBER] * (len(people) - 4), GUEST][: len(people) - 2]
    for person, role in zip(people[1:-1], roles, strict=False):
        invited = dice.moment(after_ms=born, before_ms=dice.days_ago(400))
        members.append(Member(person, role, invited, joined_ms=invited + 60_000, invited_by=owner))
    if len(people) > 1:
        last = replace(people[-1], username=None, color=None)
        members.append(Member(last, MEMBER, dice.days_ago(30), None, invited_by=owner))
    return members
