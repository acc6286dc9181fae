"""A small account in which every value of every stream occurs only once."""

from __future__ import annotations

from fake_clickup import Account
from fake_clickup.model import (
    Folder,
    Member,
    Person,
    Space,
    Status,
    Tag,
    Task,
    TaskList,
    Workspace,
)

WORKSPACE = "90000000001"
SPACE, ARCHIVED_SPACE = "90000000011", "90000000012"
FOLDER, ARCHIVED_FOLDER = "90000000021", "90000000022"
HIDDEN, HIDDEN_TOO = "90000000023", "90000000024"
LISTS = {
    "in_folder": "90000000031",
    "in_archived_folder": "90000000032",
    "folderless": "90000000033",
    "archived": "90000000034",
}
OWNER, MEMBER, INVITED, LEFT = 40000001, 40000002, 40000003, 40000004


def status(number: int, name: str, kind: str) -> Status:
    return Status(f"s{number}", name, kind, f"#0000{number}", number)


def person(user_id: int, name: str | None) -> Person:
    mail = f"user{user_id}@example.com"
    return Person(user_id, name, mail, color="#111111", initials=f"U{user_id % 10}")


def shop() -> Account:
    """Return the account; its one live task has a value in every field."""
    workspace = Workspace(WORKSPACE, "Shop", "#222222")
    people = [person(OWNER, "Olga"), person(MEMBER, "Mia"), person(INVITED, None)]
    for member, role in zip(people, (1, 3, 4), strict=True):
        workspace.members[member.id] = Member(member, role, 1, joined_ms=2)
    for one in (*people, person(LEFT, "Lena")):
        workspace.people[one.id] = one
    _fill(workspace)
    return Account([workspace], user_id=OWNER, token="pk_40000001_SHOPSHOPSHOPSHOP")  # noqa: S106 - made up


def _fill(workspace: Workspace) -> None:
    top = (status(51, "backlog", "open"), status(52, "shipped", "closed"))
    old = (status(53, "anything", "open"),)
    spaces = (
        Space(SPACE, "Shop floor", top, sprints=True, points=True),
        Space(ARCHIVED_SPACE, "Old floor", old, archived=True),
    )
    folders = (
        Folder(FOLDER, "Counter", SPACE, statuses=(status(54, "review", "custom"),)),
        Folder(ARCHIVED_FOLDER, "Old counter", SPACE, archived=True),
        Folder(HIDDEN, "hidden", SPACE, hidden=True),
        Folder(HIDDEN_TOO, "hidden", SPACE, hidden=True),
    )
    own = (status(55, "review", "done"),)
    till = TaskList(LISTS["in_folder"], "Till", SPACE, FOLDER)
    till.start_ms, till.due_ms = 1772600000011, 1772600000012
    lists = (
        till,
        TaskList(LISTS["in_archived_folder"], "Old till", SPACE, ARCHIVED_FOLDER),
        TaskList(LISTS["folderless"], "Window", SPACE, HIDDEN, statuses=own),
        TaskList(LISTS["archived"], "Old window", SPACE, HIDDEN_TOO, archived=True),
    )
    workspace.spaces.update({one.id: one for one in spaces})
    workspace.folders.update({one.id: one for one in folders})
    workspace.lists.update({one.id: one for one in lists})
    for task in (_task(), _parent()):
        workspace.tasks[task.id] = task


def _parent() -> Task:
    return Task(
        id="86parent1",
        name="Parent",
        list_id=LISTS["folderless"],
        status="review",
        creator_id=LEFT,
        created_ms=1772600000001,
        updated_ms=1772600000002,
    )


def _task() -> Task:
    return Task(
        id="86task001",
        custom_id="SHOP-7",
        name="Count the coins",
        list_id=LISTS["in_folder"],
        status="review",
        creator_id=OWNER,
        assignee_ids=(MEMBER, LEFT),
        watcher_ids=(INVITED,),
        tags=(Tag("urgent", "#333333", OWNER),),
        priority=2,
        points=0.5,
        time_estimate_ms=1500000.5,
        parent_id="86parent1",
        other_list_ids=(LISTS["folderless"],),
        created_ms=1772600000003,
        updated_ms=1772600000004,
        start_ms=1772600000005,
        due_ms=1772600000006,
        done_ms=1772600000007,
        closed_ms=1772600000008,
    )
