"""Records that the SDK maps still match their schema; it does not flatten them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from fake_clickup import Account, Fault, generate
from fake_clickup.model import CustomField
from tap_base.stream_maps import stream_map_definitions
from tap_clickup.tap import TapClickUp
from tests.tap_clickup.cli_output import STREAMS
from tests.tap_clickup.runner import ALL_TIME

if TYPE_CHECKING:
    from fake_clickup import Behaviour
    from tests.tap_clickup.runner import Row, TapRun, TapRunner

DROPPED: Row = {"stream_maps": {"tasks": {"name": None}, "sync_runs": {"requests": None}}}


@pytest.fixture
def account() -> Account:
    """Return an account in which each stream has records."""
    new_account = generate(seed=7, tasks=200)
    new_account.add_webhook(endpoint="https://example.com/", events=["taskCreated"])
    task = next(iter(new_account.workspaces[0].tasks))
    channel = CustomField("f0-7", "Channel", "short_text", 1, "mail")
    new_account.update_task(task, custom_fields=(channel,))
    return new_account


def find_schema_errors(run: TapRun) -> dict[str, set[str]]:
    """Return the validation errors of each stream's records, by the last SCHEMA before them."""
    validators: dict[str, Draft202012Validator] = {}
    errors: dict[str, set[str]] = {}
    for message in run.messages:
        if message["type"] == "SCHEMA":
            validators[message["stream"]] = Draft202012Validator(message["schema"])
        elif message["type"] == "RECORD":
            stream, record = message["stream"], message["record"]
            messages = {error.message for error in validators[stream].iter_errors(record)}
            schema: Any = validators[stream].schema
            messages |= {
                f"{name} is not in the schema"
                for name in record
                if name not in schema["properties"]
            }
            errors.setdefault(stream, set()).update(messages)
    return errors


@pytest.mark.parametrize("config", [{}, DROPPED], ids=repr)
def test_every_record_matches_its_schema(
    run_tap: TapRunner, behaviour: Behaviour, config: Row
) -> None:
    denial = Fault(status=401, body={"ECODE": "OAUTH_018"}, path=r"/folder/\d+/list$")
    behaviour.faults = [denial]
    run = run_tap(start_date=ALL_TIME, time_in_status=True, custom_fields=["Channel"], **config)
    assert behaviour.faults == []
    assert run.error is None
    assert find_schema_errors(run) == {
        stream: set() for stream in STREAMS if stream != "task_changes"
    }


@pytest.mark.parametrize(
    ("stream_maps", "definitions"),
    [
        ({}, [{}]),
        ({"users": {"id": "x"}}, [{}]),
        ({"*": {"id": "x"}, "tasks": {"name": None}}, [{"name": None}]),
        ({"ta*": {"id": "x"}}, [{"id": "x"}]),
        ({"tasks": None}, [None]),
        ({"copy": {"__source__": "tasks"}}, [{}, {"__source__": "tasks"}]),
    ],
    ids=repr,
)
def test_definitions_follow_the_order_of_the_sdk(stream_maps: Row, definitions: list[Any]) -> None:
    assert stream_map_definitions("tasks", stream_maps) == definitions
    tap = TapClickUp(config={"api_token": "pk_1_AAAAAAAA", "stream_maps": stream_maps})
    assert len(tap.streams["tasks"].stream_maps) == len(definitions)


@pytest.mark.parametrize("flattening", [{"flattening_max_depth": 1}, {}], ids=repr)
def test_flattening_is_refused_by_name(run_tap: TapRunner, flattening: Row) -> None:
    """It would turn arrays into text, and the target could not apply completed reads."""
    run = run_tap(flattening_enabled=True, **flattening)
    assert run.error
    assert "set flattening_enabled of target-pandev instead" in run.error
    assert run.stdout == ""


def test_removed_column_is_in_no_record_and_no_schema(run_tap: TapRunner) -> None:
    run = run_tap(start_date=ALL_TIME, **DROPPED)
    for stream, name in (("tasks", "name"), ("sync_runs", "requests")):
        messages = [
            message
            for message in run.messages
            if message["type"] == "SCHEMA" and message["stream"] == stream
        ]
        schemas = [message["schema"] for message in messages]
        assert {name in schema["properties"] for schema in schemas} == {False}
        assert {name in row for row in run.rows(stream)} == {False}
