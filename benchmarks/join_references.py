"""Extraction of references from commit messages, compared with a plain search of the same rows.

The messages are in the store's own table of commits, with sha, addresses and parents of real
length. The extraction is the statement that target-pandev runs, over all of them, into an empty
`task_references`: it searches, converts and stores what it finds, with its indexes. The plain
search counts the matches of a pattern with the three usual forms of ids by `regexp_count`, without
a pre-filter, as `SELECT sum(…)`. A statement that writes has no parallel workers, so the search has
none either. Both take turns; their medians are compared.
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
from target_pandev.database.references import extract_references

if TYPE_CHECKING:
    from collections.abc import Iterator

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
        extractions, searches = [], []
        for number in range(1, rounds + 1):
            searches.append(_search(connection))
            extractions.append(_extract(connection, expected))
            print(
                f"round {number}: extraction {extractions[-1]:.2f} s, search {searches[-1]:.2f} s"
            )
    extraction = statistics.median(extractions)
    search = statistics.median(searches)
    return {
        "messages": messages,
        "references": expected,
        "extraction_seconds": round(extraction, 3),
        "search_seconds": round(search, 3),
        "times_search": round(extraction / search, 2),
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


def _search(connection: Connection) -> float:
    started = time.perf_counter()
    connection.execute(SEARCH.encode()).fetchall()
    return time.perf_counter() - started


def _extract(connection: Connection, expected: int) -> float:
    connection.execute("TRUNCATE task_references")
    statement = extract_references("commits", sql.Identifier(SCHEMA, "commits"))
    started = time.perf_counter()
    connection.execute(statement)
    seconds = time.perf_counter() - started
    stored = read_value(connection, "SELECT count(*) FROM task_references")
    if stored != expected:
        raise FailedRunError(f"extracted {stored} references, expected {expected}")
    return seconds
