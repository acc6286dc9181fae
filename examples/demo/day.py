"""A working day: people edit, ClickUp reports it to clickup-receiver, and the store follows."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from examples.demo.pipeline import SCHEMA
from fake_clickup import People, WebhookSender

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from examples.demo.pipeline import Pipeline
    from fake_clickup import Account

EDITS = 60
LOADING_SECONDS = 180
STORED = f"""
SELECT id, (extract(epoch FROM date_updated) * 1000)::bigint
FROM {SCHEMA}.tasks WHERE _sdc_deleted_at IS NULL AND id = ANY(%s)
"""  # noqa: S608 - a schema of our own


class Day(NamedTuple):
    """What was done in a day, and how long after the last edit the store had it all."""

    edits: int
    webhooks: int
    seconds: float


def play_day(pipeline: Pipeline, account: Account, *, start: datetime, end: datetime) -> Day:
    """Make the edits of a day, at equal intervals of its time, and wait until they are stored."""
    people, sender = People(account), WebhookSender(account)
    try:
        made = []
        for number in range(1, EDITS + 1):
            made.append(people.edit(start + (end - start) * number / (EDITS + 1)))
            sender.send_all()
        task_ids = {edit.task_id for edit in made if edit}
        seconds = _wait_until_stored(pipeline, account, task_ids)
        return Day(len(made), len(sender.delivered), seconds)
    finally:
        sender.close()


def _wait_until_stored(pipeline: Pipeline, account: Account, task_ids: set[str]) -> float:
    """Return how long it takes until the store has the present version of tasks."""
    tasks = account.workspaces[0].tasks
    present = {task_id: tasks[task_id].updated_ms for task_id in task_ids if task_id in tasks}
    started = time.monotonic()
    with pipeline.connect() as connection:

        def is_stored() -> bool:
            return dict(connection.execute(STORED.encode(), [[*task_ids]]).fetchall()) == present

        _wait(is_stored, LOADING_SECONDS)
    return time.monotonic() - started


def _wait(is_done: Callable[[], bool], seconds: float) -> None:
    """Wait for a condition. Exits if that takes too long."""
    deadline = time.monotonic() + seconds
    while not is_done():
        if time.monotonic() > deadline:
            raise SystemExit("the edits of the day did not arrive in the store")
        time.sleep(0.05)
