"""What the store knows about the reads of a workspace, and about rejected records."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pandev.verification.reads import read_rejections, read_workspace_reads
from target_pandev.database import StoreReader
from tests.pandev.doctor_store import execute
from tests.pandev.report_store import connect
from tests.pandev.status_store import add_run

FAILED = [{"what": "stream tasks", "why": "HTTP 500", "retryable": True}]
DENIED = [{"what": "list 7", "why": "HTTP 401", "retryable": False}]
REJECT = """
INSERT INTO rejected_records (stream, record_hash, key, field, reason, rejected_at)
VALUES ('tasks', gen_random_uuid(), %s, %s, 'odd', now() - %s)
"""


def age_minutes(at: datetime | None, now: datetime) -> int | None:
    return None if at is None else round((now - at) / timedelta(minutes=1))


def test_only_reads_without_a_failure_count(database: str) -> None:
    """ClickUp denies the same objects to all of them."""
    sweep = {"source": "tap-clickup-sweep"}
    add_run(database, started="3 days", finished="3 days", complete=True)
    add_run(database, started="120 min", finished="60 min", complete=True, **sweep)
    add_run(database, started="50 min", finished="50 min", complete=False, refused=DENIED)
    add_run(database, started="40 min", finished="40 min", complete=False, refused=FAILED)
    add_run(database, started="30 min", seen="1 min")
    add_run(database, started="20 min", seen="1 min", **sweep)
    add_run(database, "901", started="10 min", seen="1 min")
    with StoreReader(database, schema="pandev") as reader:
        reads = read_workspace_reads(reader, {})
        ((now,),) = reader.query("SELECT now()")
    assert set(reads) == {"900", "901"}
    first, second = reads["900"], reads["901"]
    assert age_minutes(first.last_poll_at, now) == 50
    assert age_minutes(first.last_sweep_at, now) == 120
    assert age_minutes(first.start_date, now) == 93 * 24 * 60
    assert (second.last_poll_at, second.last_sweep_at) == (None, None)


def test_the_start_date_is_that_of_the_setting(database: str) -> None:
    add_run(database, finished="1 min", complete=True)
    with StoreReader(database, schema="pandev") as reader:
        reads = read_workspace_reads(reader, {"start_date": "2026-02-01"})
    assert reads["900"].start_date == datetime(2026, 2, 1, tzinfo=UTC)


def test_archived_lists_are_those_in_archived_places_too(database: str) -> None:
    add_run(database, finished="1 min", complete=True)
    execute(
        database,
        """INSERT INTO spaces (id, archived, workspace_id, _sdc_extracted_at, _sdc_hash)
        SELECT *, '900', now(), gen_random_uuid() FROM (VALUES ('s1', FALSE), ('s2', TRUE)) AS v""",
        """INSERT INTO folders
            (id, parent_folder_id, archived, workspace_id, _sdc_extracted_at, _sdc_hash)
        SELECT *, '900', now(), gen_random_uuid()
        FROM (VALUES ('f1', NULL, FALSE), ('f2', NULL, TRUE), ('f3', 'f2', FALSE)) AS v""",
        """INSERT INTO lists
            (id, space_id, folder_id, archived, workspace_id, _sdc_extracted_at, _sdc_hash)
        SELECT *, '900', now(), gen_random_uuid()
        FROM (VALUES
            ('l1', 's1', 'f1', FALSE), ('l2', 's1', 'f2', FALSE), ('l3', 's1', 'f3', FALSE),
            ('l4', 's1', NULL, TRUE), ('l5', 's2', NULL, FALSE), ('l6', 's1', NULL, FALSE)
        ) AS v""",
    )
    with StoreReader(database, schema="pandev") as reader:
        reads = read_workspace_reads(reader, {})["900"]
    assert reads.space_ids == {"s1", "s2"}
    assert reads.archived_list_ids == {"l2", "l3", "l4", "l5"}


def test_the_latest_rejection_of_a_key_counts(database: str) -> None:
    for key, field, minutes in (
        ('["900","a"]', "points", 9),
        ('["900","a"]', None, 5),
        ('["900","b"]', "x", 1),
        ("no JSON", "x", 1),
    ):
        with connect(database) as connection:
            connection.execute(REJECT, (key, field, timedelta(minutes=minutes)))
    with StoreReader(database, schema="pandev") as reader:
        rejections = read_rejections(reader, "tasks")
        assert read_rejections(reader, "lists") == {}
    assert rejections["900", "a"].reason == "rejected by target-pandev (odd)"
    assert rejections["900", "b"].reason == "rejected by target-pandev (x: odd)"


def test_a_login_that_may_not_read_rejections_gets_none(database: str) -> None:
    with connect(database) as connection:
        connection.execute(REJECT, ('["900","a"]', None, timedelta()))
        connection.execute("GRANT USAGE ON SCHEMA pandev TO pg_monitor")
    with StoreReader(database, schema="pandev") as reader:
        assert len(read_rejections(reader, "tasks")) == 1
        reader.query("SELECT pg_catalog.set_config('role', 'pg_monitor', false)")
        assert read_rejections(reader, "tasks") == {}
