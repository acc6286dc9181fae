"""The keys of a task that are decoded: those of its record, not its description. Pure.

A task with custom fields is about 11 kB, of which its record needs a tenth.
"""

from __future__ import annotations

from typing import Any, TypedDict

import msgspec


class Task(TypedDict, total=False):
    """What `records` read of a task in a page of tasks, whatever its values are."""

    id: Any
    custom_id: Any
    custom_item_id: Any
    name: Any
    status: Any
    priority: Any
    assignees: Any
    group_assignees: Any
    creator: Any
    list: Any
    folder: Any
    space: Any
    locations: Any
    parent: Any
    top_level_parent: Any
    tags: Any
    points: Any
    time_estimate: Any
    date_created: Any
    date_updated: Any
    start_date: Any
    due_date: Any
    date_done: Any
    date_closed: Any
    archived: Any
    url: Any


class TaskWithCustomFields(Task, total=False):
    """The same with the custom fields, of which some were selected."""

    custom_fields: Any


class _Page(TypedDict, total=False):
    tasks: list[Task]
    last_page: Any


class _PageWithCustomFields(TypedDict, total=False):
    tasks: list[TaskWithCustomFields]
    last_page: Any


TASK_PAGE = msgspec.json.Decoder(_Page)
TASK_PAGE_WITH_CUSTOM_FIELDS = msgspec.json.Decoder(_PageWithCustomFields)
