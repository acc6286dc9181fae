"""A minimal loader into PostgreSQL: the limit against which ours is measured.

`python -m benchmarks.minimal_load --config FILE < MESSAGES`, `store_url` in the file.

It does: decode every line (msgspec); COPY all records as text through psycopg's `write_row`, in
compiled code, into one staging table; merge that table by one INSERT ... ON CONFLICT DO UPDATE; all
in one transaction. Its table has the columns of the store's `tasks`, with their types and their
primary key.

It does not: read schemas, validate, hash, skip equal rows (each is written again), detect that a
record is older than its row, accept a key twice in one input, store references or earlier statuses,
store when a record was read, emit states, name a rejected record, load in batches (an error at the
end loses everything), keep decimals that are longer than a float. Its table lacks the store's two
other indexes, on `id` and on `custom_id`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import msgspec
import psycopg

from benchmarks.task_table import COLUMNS, DEFINITIONS, KEY, NAMES

NESTED = [name for name, type_ in COLUMNS.items() if type_ == "jsonb"]
UPDATES = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS if name not in KEY)


class Message(msgspec.Struct):
    """The fields of a message that are read."""

    type: str
    record: dict[str, Any] = {}


def main() -> None:
    """Load standard input."""
    settings = json.loads(Path(sys.argv[sys.argv.index("--config") + 1]).read_bytes())
    with psycopg.connect(settings["store_url"]) as connection:
        key = ", ".join(KEY)
        connection.execute(
            f"CREATE TABLE IF NOT EXISTS tasks ({DEFINITIONS}, PRIMARY KEY ({key}))".encode()
        )
        connection.execute(f"CREATE TEMPORARY TABLE stage ({DEFINITIONS})".encode())
        with connection.cursor().copy("COPY stage FROM STDIN") as copy:
            decode = msgspec.json.Decoder(Message).decode
            encode = msgspec.json.Encoder().encode
            for line in sys.stdin.buffer:
                message = decode(line)
                if message.type == "RECORD":
                    record = message.record
                    for name in NESTED:
                        if record[name] is not None:
                            record[name] = encode(record[name]).decode()
                    copy.write_row([*map(record.get, COLUMNS)])
        connection.execute(
            f"INSERT INTO tasks ({NAMES}) SELECT {NAMES} FROM stage "  # noqa: S608 - our own names
            f"ON CONFLICT ({key}) DO UPDATE SET {UPDATES}".encode()
        )


if __name__ == "__main__":
    main()
