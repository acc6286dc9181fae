"""Of a page of tasks only what their records need is decoded, whatever ClickUp sends."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tap_clickup import records
from tap_clickup.json_decoder import decode_json
from tap_clickup.task_shape import TASK_PAGE, TASK_PAGE_WITH_CUSTOM_FIELDS, Task
from tests.tap_clickup.test_records import TASK

CONTENT = msgspec.json.encode({"tasks": [TASK], "last_page": False, "err": "none"})


def test_a_task_has_what_its_record_needs() -> None:
    """R53, R54: its description and its custom fields are not even decoded."""
    page = decode_json(CONTENT, shape=TASK_PAGE)
    (task,) = page["tasks"]
    assert page == {"tasks": [task], "last_page": False}
    assert task == {key: TASK[key] for key in Task.__annotations__}
    assert records.task(task, workspace_id="36") == records.task(TASK, workspace_id="36")
    assert [*records.task_users(task)] == [*records.task_users(TASK)] != []


def test_custom_fields_are_decoded_if_they_are_selected() -> None:
    page = decode_json(CONTENT, shape=TASK_PAGE_WITH_CUSTOM_FIELDS)
    (task,) = page["tasks"]
    assert task == {key: TASK[key] for key in (*Task.__annotations__, "custom_fields")}


@pytest.mark.parametrize(
    "body",
    [{"tasks": [5, None, {"id": 1}]}, {"tasks": {}}, {"tasks": None}, {"last_page": 1}, [], "busy"],
)
def test_a_page_of_another_shape_is_decoded_whole(body: Any) -> None:
    assert decode_json(msgspec.json.encode(body), shape=TASK_PAGE) == body


def test_an_odd_text_is_replaced_in_a_page_too() -> None:
    content = b'{"tasks": [{"id": "1", "name": "see \\ud83d"}], "last_page": true}'
    expected = {"tasks": [{"id": "1", "name": "see ?"}], "last_page": True}
    assert decode_json(content, shape=TASK_PAGE) == expected
