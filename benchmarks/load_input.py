"""The input of the load benchmark: tasks as the tap writes them, in four files.

`python -m benchmarks.load_input FOLDER RECORDS` writes a file for each of `INPUTS`. Seed and clock
are fixed, so the same call writes the same bytes. The last line of standard output is one JSON
object: records, bytes and last state by input.

A record has all 28 fields of the tap's schema, 20 to 27 of them filled, five of them nested. The
records are sorted by `date_updated`; their keys are not sorted. One name in twelve is difficult:
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
from fake_clickup.random_data import DAY_MS, RandomData
from tap_clickup.conversions import to_iso_timestamp

SEED = 20_260
NOW_MS = 1_767_225_600_000
STEP_MS = 60_000
"""Time between two edits."""
STATE_EVERY = 1_000
TENTH_EDITED_DAYS = 1
ALL_EDITED_DAYS = 2
"""Days after which records were edited again."""
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


class TaskGenerator:
    """Generates records, and the same records after further edits."""

    def __init__(self, *, records: int) -> None:
        self._dice = RandomData(SEED, now_ms=NOW_MS)
        self._first_ms = NOW_MS - records * STEP_MS
        self._lists = [self._dice.numeric_id("9018", digits=8) for _ in range(400)]
        self._statuses = {name: self._dice.alphanumeric(length=13) for name, _ in STATUSES}
        self._people = [int(self._dice.numeric_id("", digits=8)) for _ in range(60)]
        self._parents: deque[str] = deque(maxlen=50)

    def generate(self, number: int) -> dict[str, Any]:
        """Return a new task."""
        dice = self._dice
        chance = dice.random
        task_id = dice.task_id()
        list_index = chance.randrange(len(self._lists))
        parent = chance.choice(self._parents) if self._parents and dice.chance(1 / 4) else None
        if parent is None:
            self._parents.append(task_id)
        updated_ms = self._first_ms + number * STEP_MS
        created_ms = dice.timestamp_ms(after_ms=updated_ms - 90 * DAY_MS, before_ms=updated_ms)
        return {
            "workspace_id": WORKSPACE,
            "id": task_id,
            "custom_id": f"DEV-{number}" if dice.chance(1 / 2) else None,
            "name": dice.task_name(),
            **self._status(chance.choice(STATUSES), updated_ms),
            "priority": chance.choice((None, 1, 2, 3, 4)),
            "assignee_ids": list(map(str, dice.sample(self._people, most=3))),
            "creator_id": str(chance.choice(self._people)),
            "list_id": self._lists[list_index],
            "folder_id": f"9019{list_index // 4:08}",
            "space_id": f"9020{list_index // 40:08}",
            "secondary_list_ids": [chance.choice(self._lists)] if dice.chance(1 / 6) else [],
            "parent_id": parent,
            "top_level_parent_id": parent,
            "tags": chance.choice(([], ["urgent"], ["urgent", 'says "now"'], ["\U0001f680"])),
            "points": chance.choice((None, 0, 0.5, 3)),
            "time_estimate_ms": chance.choice((None, 3_600_000, 1_500_000.5)),
            "date_created": to_iso_timestamp(created_ms),
            "date_updated": to_iso_timestamp(updated_ms),
            "start_date": to_iso_timestamp(created_ms + DAY_MS) if dice.chance(2 / 3) else None,
            "due_date": to_iso_timestamp(updated_ms + 8 * DAY_MS) if dice.chance(2 / 3) else None,
            "archived": dice.chance(1 / 25),
            "url": f"https://app.clickup.com/t/{task_id}",
            "custom_fields": {
                "Channel": chance.choice(("Web", "Phone", "Desk")),
                "Effort": chance.choice((1, 2.5, 8)),
                "Owners": list(map(str, dice.sample(self._people, most=2))),
                "Notes": chance.choice(NOTES),
            },
        }

    def edit(self, task: dict[str, Any], number: int, *, days: int) -> dict[str, Any]:
        """Return a task as edited some days later; edits of different days share no value."""
        updated_ms = self._first_ms + number * STEP_MS + days * DAY_MS
        previous = [name for name, _ in STATUSES].index(task["status"])
        return {
            **task,
            **self._status(STATUSES[(previous + days) % len(STATUSES)], updated_ms),
            "name": f"{task['name']} \u270f\ufe0f {days}",
            "assignee_ids": [*task["assignee_ids"], str(self._people[days])],
            "points": (task["points"] or 0) + days,
            "date_updated": to_iso_timestamp(updated_ms),
            "custom_fields": {**task["custom_fields"], "Edits": days},
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


class MessageFile:
    """Writes the Singer messages of one input to a file."""

    def __init__(self, path: Path, *, read_at_ms: int) -> None:
        self._file = path.open("wb")
        self._read_at = to_iso_timestamp(read_at_ms)
        self.state: dict[str, Any] = {}
        self.bytes = 0

    def close(self) -> None:
        """Flush and close the file."""
        self._file.close()

    def write_schema(self) -> None:
        """Write the SCHEMA message of the tap's tasks."""
        schema = json.loads(files("tap_clickup.schemas").joinpath("tasks.json").read_bytes())
        key = {"key_properties": ["workspace_id", "id"], "bookmark_properties": ["date_updated"]}
        self._write({"type": "SCHEMA", "stream": "tasks", "schema": schema, **key})

    def write_record(self, task: dict[str, Any], number: int, *, last: bool) -> None:
        """Write a record, and a state after every thousandth and the last one."""
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
    """Write the files of all inputs and return their record count, sizes and last states."""
    tasks = TaskGenerator(records=records)
    with ExitStack() as open_files:
        inputs = {
            name: MessageFile(folder / f"{name}.singer", read_at_ms=NOW_MS + days * DAY_MS)
            for days, name in enumerate(INPUTS, start=1)
        }
        for messages in inputs.values():
            open_files.callback(messages.close)
            messages.write_schema()
        for number in range(records):
            task = tasks.generate(number)
            tenth = tasks.edit(task, number, days=TENTH_EDITED_DAYS) if number % 10 == 0 else task
            edited = tasks.edit(task, number, days=ALL_EDITED_DAYS)
            last = number == records - 1
            for name, version in zip(INPUTS, (task, task, tenth, edited), strict=True):
                inputs[name].write_record(version, number, last=last)
    return {
        "records": records,
        "bytes": {name: messages.bytes for name, messages in inputs.items()},
        "states": {name: messages.state for name, messages in inputs.items()},
    }


if __name__ == "__main__":
    print(json.dumps(write(Path(sys.argv[1]), records=int(sys.argv[2]))))
