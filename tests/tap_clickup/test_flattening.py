"""Records that the SDK flattens or maps still match their schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from fake_clickup import Account, Fault, generate
from fake_clickup.model import CustomField
from tests.tap_clickup.runner import ALL_TIME

if TYPE_CHECKING:
    from fake_clickup import Behaviour
    from tests.tap_clickup.runner import Row, TapRun, TapRunner

FLAT: Row = {"flattening_enabled": True, "flattening_max_depth": 1}
DROPPED: Row = {"stream_maps": {"tasks": {"name": None}, "sync_runs": {"requests": None}}}
STREAMS = {
    *("workspaces", "webhooks", "tasks", "time_in_status", "time_entries", "spaces", "folders"),
    *("lists", "statuses", "sprints", "users", "completed_reads", "sync_runs"),
}


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


@pytest.mark.parametrize("config", [{}, FLAT, DROPPED, {**FLAT, **DROPPED}], ids=repr)
def test_every_record_matches_its_schema(
    run_tap: TapRunner, behaviour: Behaviour, config: Row
) -> None:
    denial = Fault(status=401, body={"ECODE": "OAUTH_018"}, path=r"/folder/\d+/list$")
    behaviour.faults = [denial]
    run = run_tap(start_date=ALL_TIME, time_in_status=True, custom_fields=["Channel"], **config)
    assert behaviour.faults == []
    assert run.error is None
    assert find_schema_errors(run) == {stream: set() for stream in STREAMS}


def test_flattening_leaves_no_object_in_any_record(run_tap: TapRunner) -> None:
    run = run_tap(start_date=ALL_TIME, time_in_status=True, custom_fields=["Channel"], **FLAT)
    rows = [
        (message["stream"], message["record"])
        for message in run.messages
        if message["type"] == "RECORD"
    ]
    nested = {(stream, name) for stream, row in rows for name in row if isinstance(row[name], dict)}
    assert nested == set()


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
