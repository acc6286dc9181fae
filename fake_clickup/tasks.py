"""Tasks and their comments as they appear in ClickUp's responses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import custom_fields, hierarchy, users

if TYPE_CHECKING:
    from .model import Attachment, Comment, Task, Workspace

NOT_IN_2022 = (
    "custom_item_id",
    "group_assignees",
    "locations",
    "date_done",
    "top_level_parent",
    "sharing",
)
PUBLIC_FIELDS = (
    "assignees",
    "priority",
    "due_date",
    "content",
    "comments",
    "attachments",
    "customFields",
    "subtasks",
    "tags",
    "checklists",
    "coverimage",
)


class TaskRenderer:
    """Renders the tasks of a workspace for one user.

    `with_markdown` adds `markdown_description`. `alone` is for `GET /task`: there `time_spent` is
    0 rather than absent, and attachments are always listed.
    """

    def __init__(
        self,
        workspace: Workspace,
        *,
        generation: int,
        hidden_lists: frozenset[str],
        with_markdown: bool,
        alone: bool = False,
    ) -> None:
        self.workspace = workspace
        self.generation = generation
        self.hidden_lists = hidden_lists
        self.with_markdown = with_markdown
        self.alone = alone
        self._places: dict[str, dict[str, Any]] = {}

    def render(self, task: Task) -> dict[str, Any]:
        """Return one task."""
        body = {
            **self._render_head(task),
            **self._render_dates(task),
            **self._render_people(task),
            "checklists": _render_checklists(task),
            **self._render_work(task),
            **self._render_place(task.list_id),
        }
        if self.alone or task.attachments:
            body["attachments"] = [self._render_attachment(file, task) for file in task.attachments]
        if self.generation == 2022:
            for key in NOT_IN_2022:
                del body[key]
            del body["status"]["id"]
        return body

    def render_comment(self, comment: Comment) -> dict[str, Any]:
        """Return one comment of `GET /task/{id}/comment`."""
        return {
            "id": comment.id,
            "comment": [{"text": comment.text}],
            "comment_text": comment.text,
            "user": users.render_user(self.workspace.users[comment.user_id]),
            "resolved": False,
            "assignee": None,
            "assigned_by": None,
            "reactions": [],
            "date": str(comment.date_ms),
            "reply_count": "0",
        }

    def _render_head(self, task: Task) -> dict[str, Any]:
        markdown = {"markdown_description": task.description} if self.with_markdown else {}
        return {
            "id": task.id,
            "custom_id": task.custom_id,
            "custom_item_id": task.custom_item_id,
            "name": task.name,
            "text_content": task.description,
            "description": task.description,
            **markdown,
            "status": users.render_status(self.workspace.status_of(task)),
            "orderindex": task.orderindex,
            "archived": task.archived,
        }

    def _render_dates(self, task: Task) -> dict[str, Any]:
        updated = {} if task.updated_ms is None else {"date_updated": str(task.updated_ms)}
        return {
            "date_created": str(task.created_ms),
            **updated,
            "date_closed": _render_timestamp(task.closed_ms),
            "date_done": _render_timestamp(task.done_ms),
            "due_date": _render_timestamp(task.due_ms),
            "start_date": _render_timestamp(task.start_ms),
        }

    def _render_people(self, task: Task) -> dict[str, Any]:
        known = self.workspace.users
        return {
            "creator": users.render_creator(known[task.creator_id]),
            "assignees": [users.render_user(known[user_id]) for user_id in task.assignee_ids],
            "group_assignees": [
                {"id": group_id, "name": self.workspace.groups[group_id].name}
                for group_id in task.group_assignee_ids
                if group_id in self.workspace.groups
            ],
            "watchers": [users.render_user(known[user_id]) for user_id in task.watcher_ids],
        }

    def _render_work(self, task: Task) -> dict[str, Any]:
        spent = self.workspace.spent_ms[task.id]
        return {
            "tags": [users.render_tag(tag) for tag in task.tags],
            "parent": task.parent_id,
            "top_level_parent": self.workspace.find_top_level_parent(task),
            "priority": hierarchy.render_priority(task.priority),
            "points": task.points,
            "time_estimate": task.time_estimate_ms,
            **({"time_spent": spent} if spent or self.alone else {}),
            "custom_fields": [
                custom_fields.render_custom_field(
                    field, self.workspace, hidden_lists=self.hidden_lists
                )
                for field in task.custom_fields
            ],
            "dependencies": [],
            "linked_tasks": [],
            "locations": self._render_locations(task),
            "team_id": self.workspace.id,
            "url": f"https://app.clickup.com/t/{task.id}",
            "sharing": _render_sharing(),
            "permission_level": "create",
        }

    def _render_locations(self, task: Task) -> list[dict[str, str]]:
        """Return the visible lists that a task was added to."""
        lists = self.workspace.lists
        return [
            {"id": list_id, "name": lists[list_id].name}
            for list_id in task.other_list_ids
            if list_id in lists and list_id not in self.hidden_lists
        ]

    def _render_place(self, list_id: str) -> dict[str, Any]:
        if list_id not in self._places:
            task_list = self.workspace.lists[list_id]
            folder = self.workspace.folder_of(task_list)
            inside = {
                "id": folder.id,
                "name": folder.name,
                "hidden": folder.hidden,
                "access": True,
            }
            self._places[list_id] = {
                "list": {"id": list_id, "name": task_list.name, "access": True},
                "project": inside,
                "folder": inside,
                "space": {"id": task_list.space_id},
            }
        return self._places[list_id]

    def _render_attachment(self, file: Attachment, task: Task) -> dict[str, Any]:
        url = f"https://attachments.example.com/{file.id}/{file.title}"
        nothing = ("thumbnail_small", "thumbnail_medium", "thumbnail_large", "is_folder")
        return {
            "id": file.id,
            "date": str(file.date_ms),
            "title": file.title,
            "type": 1,
            "source": 1,
            "version": 0,
            "extension": file.title.rpartition(".")[2],
            **dict.fromkeys(nothing),
            "mimetype": "application/octet-stream",
            "hidden": False,
            "parent_id": task.id,
            "size": 2048,
            "total_comments": 0,
            "resolved_comments": 0,
            "user": users.render_user(self.workspace.users[file.user_id]),
            "deleted": False,
            **dict.fromkeys(("orientation", "email_data", "workspace_id")),
            "url": url,
            "url_w_query": f"{url}?view=open",
            "url_w_host": url,
        }


def _render_timestamp(timestamp_ms: int | None) -> str | None:
    return None if timestamp_ms is None else str(timestamp_ms)


def _render_checklists(task: Task) -> list[dict[str, Any]]:
    """Return the checklist of a task with unresolved items, or an empty list."""
    if not task.checklist:
        return []
    items: list[dict[str, Any]] = [
        {
            "id": f"{task.id}-item-{index}",
            "name": name,
            "orderindex": index,
            "assignee": None,
            "group_assignee": None,
            "resolved": False,
            "parent": None,
            "date_created": str(task.created_ms),
            **dict.fromkeys(("start_date", "due_date", "sent_due_date_notif")),
            "start_date_time": False,
            "due_date_time": False,
            "children": [],
        }
        for index, name in enumerate(task.checklist)
    ]
    return [
        {
            "id": f"{task.id}-checklist",
            "task_id": task.id,
            "name": "Checklist",
            "date_created": str(task.created_ms),
            "orderindex": 1,
            "creator": task.creator_id,
            "resolved": 0,
            "unresolved": len(items),
            "items": items,
        }
    ]


def _render_sharing() -> dict[str, Any]:
    return {
        "public": False,
        "public_share_expires_on": None,
        "public_fields": PUBLIC_FIELDS,
        "token": None,
        "seo_optimized": False,
    }
