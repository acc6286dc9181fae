"""References in commit messages: the time to find them, compared with a plain search of the rows.

The messages are in the store's own table of commits, with sha, addresses and parents of real
length. The plain search counts the matches of a pattern with the three usual forms of ids by
`regexp_count`, without a pre-filter, as `SELECT sum(…)`. Finding is the query of target-pandev over
all messages, with every column of its result, which is counted. A statement that writes has no
parallel workers, so neither has any. They take turns; their medians are compared.

A search stores nothing, so storing is apart from that: the statement of target-pandev finds the
references and inserts them with their three indexes into an empty `task_references`, and what it
takes longer than finding is the time to store. Per row that is many times the price of a search.

Why not faster: PostgreSQL builds the states of a pattern again for each text that it searches. The
search does that once a message. Finding does it once for the pattern that skips messages without
a hint, which takes nearly as long as the search, and for 3 messages in 10 twice more or oftener:
for each word with a hint and for the rest of the text, then for the forms of that short word.
"""

from __future__ import annotations

import hashlib
import random
import statistics
import time
from typing import TYPE_CHECKING

from psycopg import sql

from benchmarks.ide_events import FIRST_DAY, REPOSITORIES
from benchmarks.join_messages import MessageGenerator, name_task
from benchmarks.join_store import SCHEMA, connect, read_value, vacuum
from benchmarks.processes import FailedRunError
from target_pandev.database import Store
from target_pandev.database.references import extract_references, find_references

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg.sql import Composed

    from benchmarks.goals import Figures
    from benchmarks.join_store import Connection

SEED = 16
TASKS = 10_000
PATTERN = "CU-[a-z0-9]+|#[a-z0-9]+|[A-Z]+-[0-9]+"
SEARCH = f"SELECT sum(regexp_count(message, '{PATTERN}')) FROM commits"  # noqa: S608 - our own pattern
COPY_COMMITS = """
COPY commits (repository_id, sha, author_name, author_email, authored_at, committed_at, message,
    parents, _sdc_extracted_at, _sdc_hash) FROM STDIN
"""


def measure_references(url: str, *, messages: int, rounds: int) -> Figures:
    """Return the times of extraction and search. Raises `FailedRunError` for other references."""
    Store(url, schema=SCHEMA).close()
    with connect(url) as connection:
        connection.execute("SET max_parallel_workers_per_gather = 0")
        connection.execute("SET jit = off")
        expected = _fill(connection, messages)
        print(f"references: {messages:,} commit messages with {expected:,} references")
        vacuum(connection)
        timings = [_measure_round(connection, expected) for _ in range(rounds)]
    search, finding, extraction = (
        statistics.median(seconds) for seconds in zip(*timings, strict=True)
    )
    return {
        "messages": messages,
        "references": expected,
        "search_seconds": round(search, 3),
        "finding_seconds": round(finding, 3),
        "storing_seconds": round(extraction - finding, 3),
        "times_search": round(finding / search, 2),
    }


def _fill(connection: Connection, messages: int) -> int:
    """Write commits to their table; return the number of references in them."""
    expected = 0
    with connection.cursor().copy(COPY_COMMITS.encode()) as copy:
        for row, references in _generate_rows(messages):
            copy.write_row(row)
            expected += references
    return expected


def _generate_rows(messages: int) -> Iterator[tuple[tuple[str, ...], int]]:
    """Yield the rows of commits, each with the number of its references."""
    source = random.Random(SEED)  # noqa: S311 - made-up data
    generator = MessageGenerator(source, [name_task(number) for number in range(TASKS)])
    time_of_all = FIRST_DAY.isoformat()
    for number in range(messages):
        message = generator.generate()
        sha = hashlib.sha1(str(number).encode(), usedforsecurity=False).hexdigest()
        person = source.randrange(200)
        row = (
            f"github.com/{REPOSITORIES[number % len(REPOSITORIES)]}",
            sha,
            f"User {person}",
            f"user{person}@example.com",
            time_of_all,
            time_of_all,
            message.text,
            f'["{sha[::-1]}"]',
            time_of_all,
            sha[:32],
        )
        yield row, message.references


def _measure_round(connection: Connection, expected: int) -> tuple[float, float, float]:
    """Return the seconds of search, of finding, and of finding and storing."""
    commits = sql.Identifier(SCHEMA, "commits")
    search = _time(connection, SEARCH.encode())
    found = sql.SQL("SELECT count(*) FROM ({} OFFSET 0) AS found").format(
        find_references("commits", commits)
    )
    finding = _time(connection, found)
    connection.execute("TRUNCATE task_references")
    extraction = _time(connection, extract_references("commits", commits))
    stored = read_value(connection, "SELECT count(*) FROM task_references")
    if stored != expected:
        raise FailedRunError(f"extracted {stored} references, expected {expected}")
    print(f"search {search:.2f} s, finding {finding:.2f} s, with storing {extraction:.2f} s")
    return search, finding, extraction


def _time(connection: Connection, statement: bytes | Composed) -> float:
    started = time.perf_counter()
    connection.execute(statement)
    return time.perf_counter() - started
