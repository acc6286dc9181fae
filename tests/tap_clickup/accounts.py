"""A small account, the shop, in which every value of every stream occurs only once."""

from __future__ import annotations

from fake_clickup import Account
from fake_clickup.model import (
    Folder,
    Group,
    Member,
    Space,
    Status,
    Tag,
    Task,
    TaskList,
    TaskType,
    User,
    Workspace,
)
from tests.tap_clickup.dates import MINUTE, days_ago, to_iso

WORKSPACE = "90000000001"
SPACE = "90000000011"
ARCHIVED_SPACE = "90000000012"
FOLDER = "90000000021"
ARCHIVED_FOLDER = "90000000022"
HIDDEN_FOLDER = "90000000023"
OTHER_HIDDEN_FOLDER = "90000000024"
LISTS = {
    "in_folder": "90000000031",
    "in_archived_folder": "90000000032",
    "folderless": "90000000033",
    "archived": "90000000034",
}
TASK_ID = "86task001"
"""The task with a value in every field."""
OWNER = 40000001
MEMBER = 40000002
INVITED = 40000003
FORMER_MEMBER = 40000004
TASK_TYPE = 1003
GROUP = "c0ffee00-0000-4000-8000-000000000001"

SECOND_SPACE = "90000000013"
SECOND_FOLDER = "90000000025"
SECOND_LIST = "90000000035"
BOTH_SPACES = [SPACE, SECOND_SPACE]
START_DATE = to_iso(days_ago(100))
"""A start date before everything in the second space."""
OLD_TASK = "Old task of the second space"
NEW_TASK = "New task of the second space"


def status(number: int, name: str, status_type: str) -> Status:
    return Status(f"s{number}", name, status_type, f"#0000{number}", number)


def person(user_id: int, name: str | None) -> User:
    email = f"user{user_id}@example.com"
    return User(user_id, name, email, color="#111111", initials=f"U{user_id % 10}")


def shop() -> Account:
    """Return the account; its task `TASK_ID` has a value in every field."""
    workspace = Workspace(WORKSPACE, "Shop", "#222222")
    people = [person(OWNER, "Olga"), person(MEMBER, "Mia"), person(INVITED, None)]
    for member, role in zip(people, (1, 3, 4), strict=True):
        workspace.members[member.id] = Member(member, role, 1, joined_ms=2)
    for user in (*people, person(FORMER_MEMBER, "Lena")):
        workspace.users[user.id] = user
    workspace.task_types[TASK_TYPE] = TaskType(TASK_TYPE, "Coin", "Coins", "Money of metal.")
    workspace.groups[GROUP] = Group(
        GROUP, "Cashiers", "cash", "CA", OWNER, created_ms=3, member_ids=(OWNER, INVITED)
    )
    _add_hierarchy(workspace)
    for task in (_task(), _parent()):
        workspace.tasks[task.id] = task
    return Account([workspace], user_id=OWNER, token="pk_40000001_SHOPSHOPSHOPSHOP")  # noqa: S106 - made up


def add_second_space(account: Account) -> None:
    """Add a space with one folder and one list to the shop."""
    workspace = account.workspaces[0]
    statuses = (status(56, "sorting", "open"),)
    workspace.spaces[SECOND_SPACE] = Space(SECOND_SPACE, "Annex", statuses)
    workspace.folders[SECOND_FOLDER] = Folder(SECOND_FOLDER, "Attic", SECOND_SPACE)
    workspace.lists[SECOND_LIST] = TaskList(SECOND_LIST, "Box", SECOND_SPACE, SECOND_FOLDER)


def shop_with_second_space() -> Account:
    """Return the shop with a second space, which has an old and a new task.

    Time was tracked on the old task long ago. The task that was updated last is in the first
    space, so the bookmarks of a run are after both tasks of the second space.
    """
    account = shop()
    add_second_space(account)
    old_task = account.create_task(SECOND_LIST, name=OLD_TASK, at=days_ago(90))
    account.create_task(SECOND_LIST, name=NEW_TASK, at=days_ago(2))
    account.create_task(LISTS["in_folder"], name="Youngest", at=days_ago(1))
    start = days_ago(80)
    account.add_time_entry(old_task.id, start=start, duration=MINUTE, at=start)
    return account


def _add_hierarchy(workspace: Workspace) -> None:
    statuses = (status(51, "backlog", "open"), status(52, "shipped", "closed"))
    archived_statuses = (status(53, "anything", "open"),)
    spaces = (
        Space(SPACE, "Shop floor", statuses, sprints=True, points=True),
        Space(ARCHIVED_SPACE, "Old floor", archived_statuses, archived=True),
    )
    folders = (
        Folder(FOLDER, "Counter", SPACE, statuses=(status(54, "review", "custom"),)),
        Folder(ARCHIVED_FOLDER, "Old counter", SPACE, archived=True),
        Folder(HIDDEN_FOLDER, "hidden", SPACE, hidden=True),
        Folder(OTHER_HIDDEN_FOLDER, "hidden", SPACE, hidden=True),
    )
    list_statuses = (status(55, "review", "done"),)
    lists = (
        TaskList(
            LISTS["in_folder"],
            "Till",
            SPACE,
            FOLDER,
            start_ms=1772600000011,
            due_ms=1772600000012,
        ),
        TaskList(LISTS["in_archived_folder"], "Old till", SPACE, ARCHIVED_FOLDER),
        TaskList(LISTS["folderless"], "Window", SPACE, HIDDEN_FOLDER, statuses=list_statuses),
        TaskList(LISTS["archived"], "Old window", SPACE, OTHER_HIDDEN_FOLDER, archived=True),
    )
    workspace.spaces.update({space.id: space for space in spaces})
    workspace.folders.update({folder.id: folder for folder in folders})
    workspace.lists.update({task_list.id: task_list for task_list in lists})


def _parent() -> Task:
    return Task(
        id="86parent1",
        name="Parent",
        list_id=LISTS["folderless"],
        status="review",
        creator_id=FORMER_MEMBER,
        created_ms=1772600000001,
        updated_ms=1772600000002,
    )


def _task() -> Task:
    return Task(
        id=TASK_ID,
        custom_id="SHOP-7",
        name="Count the coins",
        list_id=LISTS["in_folder"],
        status="review",
        creator_id=OWNER,
        custom_item_id=TASK_TYPE,
        assignee_ids=(MEMBER, FORMER_MEMBER),
        group_assignee_ids=(GROUP,),
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
