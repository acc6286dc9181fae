"""A world in which one field of one of ClickUp's objects is odd, and a run of the tap in it.

The fake ClickUp's routes are called in this process: a variation costs some hundredths of a second.
"""

from __future__ import annotations

import io
import json
import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import requests

from fake_clickup import Behaviour
from fake_clickup.error_codes import ApiError
from fake_clickup.model import Folder, TaskList
from fake_clickup.routes import Routes
from tap_clickup.client import Client
from tap_clickup.conversions import to_epoch_ms
from tap_clickup.errors import ClickUpError
from tap_clickup.prefetch import THREAD_NAME
from tap_clickup.rate_limit import RateLimit
from tap_clickup.tap import TapClickUp
from tests.support.clocks import SimulatedClock
from tests.support.waiting import join_threads
from tests.tap_clickup import accounts
from tests.tap_clickup.dates import days_ago, to_iso
from tests.tap_clickup.runner import TapRun

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fake_clickup import Account

Path = tuple[str | int, ...]
"""The keys and indexes that lead from an object to one of its values."""
MISSING = object()
"""In place of a value: the key is not sent."""
HALF_AN_EMOJI = "see \ud83d"
ODDITIES: tuple[Any, ...] = (
    *(MISSING, None, "", True, False, 0, -1, 1.5, 102.0, 10**30),
    *(float("nan"), float("inf"), "1e999", "Infinity", "102.0", "2026-03-01T10:00:00Z"),
    *([], {}, [None], ["x"], {"x": [{}]}, HALF_AN_EMOJI, "\u0000" + "9" * 5000),
)
KINDS = {
    "tasks": "tasks",
    "spaces": "spaces",
    "folders": "folders",
    "lists": "lists",
    "time_entries": "data",
    "users": "members",
    "workspaces": "teams",
    "webhooks": "webhooks",
    "task_types": "custom_items",
    "groups": "groups",
}
"""The key under which a response contains the objects of a stream."""


@dataclass(frozen=True)
class Variation:
    """One value of one object, which is odd in every response that contains the object."""

    stream: str
    object_id: str
    path: Path
    oddity: int
    sweep: bool
    select_spaces: bool

    @property
    def value(self) -> Any:
        """The odd value."""
        return ODDITIES[self.oddity]


def torture_account() -> Account:
    """Return the shop with recent tasks, time, a webhook and a sprint."""
    account = accounts.shop()
    workspace = account.workspaces[0]
    for number, task in enumerate(workspace.tasks.values()):
        at = to_epoch_ms(days_ago(9 - number))
        workspace.tasks[task.id] = replace(task, created_ms=at - 5, updated_ms=at)
    workspace.folders["90000000026"] = Folder("90000000026", "Sprints", accounts.SPACE)
    subfolder = Folder("90000000027", "2026", accounts.SPACE, parent_id="90000000026")
    workspace.folders[subfolder.id] = subfolder
    workspace.lists["90000000037"] = TaskList(
        "90000000037", "Sprint 9 (3/5 - 3/18)", accounts.SPACE, subfolder.id
    )
    sprint = TaskList("90000000036", "Sprint 1 (2/5 - 2/18)", accounts.SPACE, "90000000026")
    workspace.lists[sprint.id] = sprint
    for number in range(3):
        account.create_task(sprint.id, name=f"Task {number}", at=days_ago(6 - number))
        start = days_ago(3)
        user_id = (accounts.OWNER, accounts.MEMBER)[number % 2]
        account.add_time_entry(
            accounts.TASK_ID, start=start, duration=timedelta(minutes=2), at=start, user_id=user_id
        )
        account.add_webhook(endpoint=f"https://{number}.example.com/", events=["taskUpdated"])
    return account


class TortureClient(Client):
    """A client whose responses are computed in this process, with the odd value."""

    routes: Routes
    change: Callable[[Any], Any]

    def _send(self, request: Any) -> tuple[requests.Response, datetime]:
        query: dict[str, list[str]] = {}
        for key, value in request.params:
            query.setdefault(key, []).append(value)
        response = requests.Response()
        response.status_code = 200
        try:
            body = self.routes.check(request.path)(query)
        except ApiError as error:
            response.status_code = error.status
            body = error.body
        else:
            body = self.change(json.loads(json.dumps(body)))
        response.raw = io.BytesIO(json.dumps(body).encode())
        self.stats.requests += 1
        return response, datetime.now(UTC)


def objects_in(body: Any, stream: str) -> list[list[Any]]:
    """Return the arrays of a response that contain the objects of a stream."""
    arrays = []
    if isinstance(body, dict):
        for key, value in body.items():
            if key == KINDS[stream] and isinstance(value, list):
                arrays.append(value)
            if key in {"folders", "teams"}:
                arrays += [array for item in value for array in objects_in(item, stream)]
    return arrays


def set_value(body: Any, variation: Variation) -> Any:
    """Change a response as a variation says."""
    for items in objects_in(body, variation.stream):
        for index, item in enumerate(items):
            if id_of(item) == variation.object_id:
                _set(items, (index, *variation.path), variation.value)
    return body


def id_of(item: Any) -> str:
    """Return the id of an object, which of a member is that of its user."""
    return str(item["id"] if "id" in item else item["user"]["id"])


def _set(holder: Any, path: Path, value: Any) -> None:
    *keys, last = path
    for key in keys:
        holder = holder[key]
    if value is not MISSING:
        holder[last] = value
    elif isinstance(holder, dict):
        holder.pop(last, None)
    else:
        holder[last] = None


def paths_of(value: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the path of a value and of every value in it; of an array's items the first two."""
    yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from paths_of(inner, (*path, key))
    if isinstance(value, list):
        for index, inner in enumerate(value[:2]):
            yield from paths_of(inner, (*path, index))


class Torture:
    """Runs the tap in one world, whatever its variation."""

    def __init__(self) -> None:
        self.account = torture_account()
        self.routes = Routes(self.account, Behaviour(clock=SimulatedClock()))
        tap = TapClickUp(config={"api_token": self.account.token})
        self.keys = {name: stream.primary_keys or () for name, stream in tap.streams.items()}
        self.samples: dict[str, dict[str, Any]] = {stream: {} for stream in KINDS}
        self.baselines = {
            (sweep, select): self.run(self._sample, sweep=sweep, select_spaces=select)
            for sweep in (False, True)
            for select in (False, True)
        }

    def _sample(self, body: Any) -> Any:
        for stream in KINDS:
            for items in objects_in(body, stream):
                self.samples[stream] |= {id_of(item): item for item in items}
        return body

    def variations(self, count: int, seed: int) -> list[Variation]:
        """Return variations, the same ones for the same seed."""
        dice = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
        places = [
            (stream, object_id, path)
            for stream, items in sorted(self.samples.items())
            for object_id, item in sorted(items.items())
            for path in paths_of(item)
        ]
        variations = []
        for _ in range(count):
            stream, object_id, path = dice.choice(places)
            variations.append(
                Variation(
                    stream,
                    object_id,
                    path,
                    dice.randrange(len(ODDITIES)),
                    sweep=dice.random() < 0.5,
                    select_spaces=dice.random() < 0.3,
                )
            )
        return variations

    def run(self, change: Callable[[Any], Any], *, sweep: bool, select_spaces: bool) -> TapRun:
        """Return a run of the tap; any error but a `ClickUpError` is raised."""
        spaces = [accounts.SPACE, accounts.ARCHIVED_SPACE]
        config = {
            "api_token": self.account.token,
            "start_date": to_iso(days_ago(20)),
            "sweep": sweep,
            "space_ids": spaces if select_spaces else [],
        }
        client = TortureClient(
            "http://127.0.0.1:1/api/v2",
            api_token=self.account.token,
            limit=RateLimit(10_000),
            clock=SimulatedClock(),
        )
        client.routes = self.routes
        client.change = change
        error = None
        tap = TapClickUp(config=config)
        tap.sync_context.client = client
        lines: list[bytes] = []
        try:
            lines += record_lines(tap)
            tap.sync_context.log_summary()
        except ClickUpError as sync_error:
            error = str(sync_error)
        finally:
            join_threads(THREAD_NAME)
            client.close()
        return TapRun(b"\n".join(lines).decode(), error=error)


def record_lines(tap: TapClickUp) -> Iterator[bytes]:
    """Yield the RECORD messages of a run without the SDK, which takes most of a run's time."""
    with tap.sync_context:
        tap.sync_context.validate()
        for stream in tap.streams.values():
            for record in stream.get_records(None):
                message = {"type": "RECORD", "stream": stream.name, "record": record}
                yield msgspec.json.encode(message)
