"""The input of the load benchmark: tasks as the tap writes them, in four files.

`python -m benchmarks.load_input FOLDER RECORDS` writes a file for each of `INPUTS`. Seed and clock
are fixed, so the same call writes the same bytes. The last line of standard output is one JSON
object: records, bytes and last state by input.

A record has all 28 fields of the tap's schema, 20 to 27 of them filled, five of them nested. The
records are sorted by `date_updated`; their keys are in no order. One name in twelve is awkward:
emoji, line breaks, tabs, quotes, backslashes, or a thousand characters.
"""

from __future__ import annotations

import json
import sys
from collections import deque
from contextlib import ExitStack
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.inputs import INPUTS
from fake_clickup.random_data import DAY_MS, Dice
from tap_clickup.conversions import to_iso_timestamp

SEED = 20_260
NOW_MS = 1_767_225_600_000
STEP_MS = 60_000
"""Time between two edits."""
STATE_EVERY = 1_000
TENTH_LATER, ALL_LATER = 1, 2
"""After how many days records were edited again."""
WORKSPACE = "9012345678"
STATUSES = (
    ("to do", "open"),
    ("in progress", "custom"),
    ("in review", "custom"),
    ("shipped", "done"),
    ("closed", "closed"),
)
FINISHED = {"done", "closed"}
NOTES = (
    'Called twice \u260e\ufe0f, no answer.\nTry again on "Monday".',
    "Cost:\t1,200 \u20ac\n\tof which VAT 19 %",
    "C:\\reports\\new \u2192 see 'old'",
    "\u0413\u043e\u0442\u043e\u0432\u043e \U0001f389",
    "Nothing to add.",
)


class Tasks:
    """Makes records, and the same records as they are after further edits."""

    def __init__(self, *, records: int) -> None:
        self._dice = Dice(SEED, now_ms=NOW_MS)
        self._first_ms = NOW_MS - records * STEP_MS
        self._lists = [self._dice.number("9018", digits=8) for _ in range(400)]
        self._statuses = {name: self._dice.key(length=13) for name, _ in STATUSES}
        self._people = [int(self._dice.number("", digits=8)) for _ in range(60)]
        self._parents: deque[str] = deque(maxlen=50)

    def make(self, number: int) -> dict[str, Any]:
        """Return a task that nobody has seen before."""
        dice, chance = self._dice, self._dice.random
        task_id, place = dice.task_id(), chance.randrange(len(self._lists))
        parent = chance.choice(self._parents) if self._parents and dice.happens(1 / 4) else None
        if parent is None:
            self._parents.append(task_id)
        updated_ms = self._first_ms + number * STEP_MS
        created_ms = dice.moment(after_ms=updated_ms - 90 * DAY_MS, before_ms=updated_ms)
        return {
            "workspace_id": WORKSPACE,
            "id": task_id,
            "custom_id": f"DEV-{number}" if dice.happens(1 / 2) else None,
            "name": dice.task_name(),
            **self._status(chance.choice(STATUSES), updated_ms),
            "priority": chance.choice((None, 1, 2, 3, 4)),
            "assignee_ids": list(map(str, dice.some(self._people, most=3))),
            "creator_id": str(chance.choice(self._people)),
            "list_id": self._lists[place],
            "folder_id": f"9019{place // 4:08}",
            "space_id": f"9020{place // 40:08}",
            "secondary_list_ids": [chance.choice(self._lists)] if dice.happens(1 / 6) else [],
            "parent_id": parent,
            "top_level_parent_id": parent,
            "tags": chance.choice(([], ["urgent"], ["urgent", 'says "now"'], ["\U0001f680"])),
            "points": chance.choice((None, 0, 0.5, 3)),
            "time_estimate_ms": chance.choice((None, 3_600_000, 1_500_000.5)),
            "date_created": to_iso_timestamp(created_ms),
            "date_updated": to_iso_timestamp(updated_ms),
            "start_date": to_iso_timestamp(created_ms + DAY_MS) if dice.happens(2 / 3) else None,
            "due_date": to_iso_timestamp(updated_ms + 8 * DAY_MS) if dice.happens(2 / 3) else None,
            "archived": dice.happens(1 / 25),
            "url": f"https://app.clickup.com/t/{task_id}",
            "custom_fields": {
                "Channel": chance.choice(("Web", "Phone", "Desk")),
                "Effort": chance.choice((1, 2.5, 8)),
                "Owners": list(map(str, dice.some(self._people, most=2))),
                "Notes": chance.choice(NOTES),
            },
        }

    def edited(self, task: dict[str, Any], number: int, *, later: int) -> dict[str, Any]:
        """Return a task as it is so many days later: no edit leaves any value of another one."""
        updated_ms = self._first_ms + number * STEP_MS + later * DAY_MS
        before = [name for name, _ in STATUSES].index(task["status"])
        return {
            **task,
            **self._status(STATUSES[(before + later) % len(STATUSES)], updated_ms),
            "name": f"{task['name']} \u270f\ufe0f {later}",
            "assignee_ids": [*task["assignee_ids"], str(self._people[later])],
            "points": (task["points"] or 0) + later,
            "date_updated": to_iso_timestamp(updated_ms),
            "custom_fields": {**task["custom_fields"], "Edits": later},
        }

    def _status(self, status: tuple[str, str], at_ms: int) -> dict[str, Any]:
        name, type_ = status
        done = to_iso_timestamp(at_ms) if type_ in FINISHED else None
        return {
            "status": name,
            "status_id": self._statuses[name],
            "status_type": type_,
            "date_done": done,
            "date_closed": done if type_ == "closed" else None,
        }


class Messages:
    """One input on its way into its file."""

    def __init__(self, path: Path, *, read_at_ms: int) -> None:
        self._file = path.open("wb")
        self._read_at = to_iso_timestamp(read_at_ms)
        self.state: dict[str, Any] = {}
        self.bytes = 0

    def close(self) -> None:
        """Write what still waits."""
        self._file.close()

    def schema(self) -> None:
        """Write what the tap says of its tasks."""
        schema = json.loads(files("tap_clickup.schemas").joinpath("tasks.json").read_bytes())
        key = {"key_properties": ["workspace_id", "id"], "bookmark_properties": ["date_updated"]}
        self._write({"type": "SCHEMA", "stream": "tasks", "schema": schema, **key})

    def record(self, task: dict[str, Any], number: int, *, last: bool) -> None:
        """Write a record, and a state after each thousandth and the last."""
        extracted = {"time_extracted": self._read_at}
        self._write({"type": "RECORD", "stream": "tasks", "record": task, **extracted})
        if last or (number + 1) % STATE_EVERY == 0:
            bookmark = {"replication_key": "date_updated", "records": number + 1}
            reached = {"replication_key_value": task["date_updated"]}
            self.state = {"bookmarks": {"tasks": {**bookmark, **reached}}}
            self._write({"type": "STATE", "value": self.state})

    def _write(self, message: dict[str, Any]) -> None:
        line = msgspec.json.encode(message) + b"\n"
        self.bytes += len(line)
        self._file.write(line)


def write(folder: Path, *, records: int) -> dict[str, Any]:
    """Write the files of all inputs and return what is in them."""
    tasks = Tasks(records=records)
    with ExitStack() as closing:
        inputs = {
            name: Messages(folder / f"{name}.singer", read_at_ms=NOW_MS + days * DAY_MS)
            for days, name in enumerate(INPUTS, start=1)
        }
        for messages in inputs.values():
            closing.callback(messages.close)
            messages.schema()
        for number in range(records):
            task = tasks.make(number)
            tenth = tasks.edited(task, number, later=TENTH_LATER) if number % 10 == 0 else task
            edited = tasks.edited(task, number, later=ALL_LATER)
            last = number == records - 1
            for name, version in zip(INPUTS, (task, task, tenth, edited), strict=True):
                inputs[name].record(version, number, last=last)
    return {
        "records": records,
        "bytes": {name: messages.bytes for name, messages in inputs.items()},
        "states": {name: messages.state for name, messages in inputs.items()},
    }


if __name__ == "__main__":
    print(json.dumps(write(Path(sys.argv[1]), records=int(sys.argv[2]))))
