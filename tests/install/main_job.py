"""The main job of an installed release: `fake-clickup`, `tap-clickup` and `target-pandev`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import requests

from tests.install.environment import Environment, clean_variables
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

TASKS = 30
"""Fewer than a page of the API has."""


@contextmanager
def served_clickup(environment: Environment) -> Iterator[dict[str, str]]:
    """Yield the settings of a tap that reads a running `fake-clickup`."""
    ready = environment.folder / "clickup.json"
    command = (environment.commands / "fake-clickup", "--port", "0", "--tasks", str(TASKS))
    with subprocess.Popen(
        [*command, "--limit-per-minute", "10000", "--ready-file", ready],
        cwd=environment.folder,
        env=clean_variables(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    ) as clickup:
        try:
            wait_until(ready.exists, description="fake-clickup listens")
            address = json.loads(ready.read_text(encoding="utf-8"))
            yield {
                "TAP_CLICKUP_API_URL": address["api_url"],
                "TAP_CLICKUP_API_TOKEN": address["token"],
                "TAP_CLICKUP_START_DATE": "2020-01-01",
            }
        finally:
            os.kill(clickup.pid, signal.SIGTERM)


def request_tasks(settings: dict[str, str]) -> dict[str, str]:
    """Return the names of all tasks that the API returns, by their ids."""
    url = settings["TAP_CLICKUP_API_URL"]
    headers = {"Authorization": settings["TAP_CLICKUP_API_TOKEN"]}
    get = partial(requests.get, headers=headers, timeout=30)
    (team,) = get(f"{url}/team").json()["teams"]
    everything = {"include_closed": "true", "subtasks": "true"}
    answer: dict[str, Any] = get(f"{url}/team/{team['id']}/task", params=everything).json()
    return {task["id"]: task["name"] for task in answer["tasks"]}


def load(environment: Environment, clickup: dict[str, str], store: dict[str, str]) -> None:
    """Run the tap and the target, one after the other."""
    messages = environment.run("tap-clickup", "--config=ENV", variables=clickup).stdout
    file = environment.folder / "messages.jsonl"
    file.write_text(messages, encoding="utf-8")
    environment.run("target-pandev", "--config=ENV", "--input", file, variables=store)
