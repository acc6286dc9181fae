"""Write the events of editors as tap-ide does, from files in PanDev's format.

`python -m benchmarks.join_ide_input FOLDER EVENTS PEOPLE` writes `ide.singer`; the last line of
standard output is one JSON object: the number of events, the active time that follows from them by
the 15-minute rule, the schema of the stream, and some events that arrive later.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.ide_events import FIRST_DAY, generate_days
from benchmarks.join_messages import name_task
from benchmarks.singer_file import SingerFile
from tap_ide.events import PANDEV, TimeRange, build_record, pandev_context, parse_time
from tap_ide.streams import IdeEventsStream

if TYPE_CHECKING:
    from collections.abc import Iterable

    from benchmarks.ide_events import PersonDay

STREAM = "ide_events"
TASKS = 10_000
STATE_EVERY = 10_000
READ_AFTER_DAYS = 60
READ_AT = (FIRST_DAY + timedelta(days=READ_AFTER_DAYS)).isoformat()
TIMES = TimeRange.until(FIRST_DAY + timedelta(days=READ_AFTER_DAYS), None)
MAX_GAP_MS = 900_000
LATE_EVENTS = 10


def write_events(messages: SingerFile, days: Iterable[PersonDay]) -> dict[str, Any]:
    """Write the events of some days; return their number, active time and late ones.

    Events of the same time and context are the same event, and count once.
    """
    schema, key = IdeEventsStream.schema, IdeEventsStream.primary_keys
    messages.write_schema(STREAM, schema, key)
    keys: dict[str, set[tuple[int, str]]] = defaultdict(set)
    late: list[dict[str, Any]] = []
    written = 0
    for day in days:
        for event in day.events:
            time_ms = _time_ms(event)
            record = build_record(day.email, PANDEV, time_ms, pandev_context(event))
            messages.write_record(STREAM, record, read_at=READ_AT)
            keys[day.email].add((time_ms, record["event_hash"]))
            written += 1
            if written % STATE_EVERY == 0:
                messages.write_state({"bookmarks": {STREAM: {"files": {"1": str(written)}}}})
        if len(late) < LATE_EVENTS:
            middle = day.events[len(day.events) // 2]
            late.append(
                build_record(day.email, PANDEV, _time_ms(middle) + 7, pandev_context(middle))
            )
    messages.write_state({"bookmarks": {STREAM: {"files": {"1": str(written)}}}})
    return {
        "events": sum(map(len, keys.values())),
        "active_ms": sum(map(_active_ms, keys.values())),
        "properties": schema["properties"],
        "key": key,
        "late": late,
    }


def _time_ms(event: dict[str, Any]) -> int:
    time_ms = parse_time(event["timestamp"], TIMES)
    if time_ms is None:
        raise ValueError(f"an event at {event['timestamp']}, which tap-ide would leave out")
    return time_ms


def _active_ms(keys: set[tuple[int, str]]) -> int:
    """Return the active time of a person from the times and contexts of the events."""
    gaps = [following - time for time, following in pairwise(sorted(time for time, _ in keys))]
    return sum(gap for gap in gaps if gap <= MAX_GAP_MS)


def main() -> None:
    """Write the file and the JSON object."""
    folder, events, people = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    task_ids = [name_task(number).id for number in range(TASKS)]
    with SingerFile(folder / "ide.singer") as messages:
        days = generate_days(events=events, people=people, task_ids=task_ids)
        print(json.dumps(write_events(messages, days)))


if __name__ == "__main__":
    main()
